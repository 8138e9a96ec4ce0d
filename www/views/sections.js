// The sections of a tag's page. Each is given `{ session, repository, data, manifest, image(), platform, signal }`.

import { configSection } from './config.js';
import { dockerfileSection, historySection } from './history.js';
import { artifactBlobs, layersSection } from './layers.js';
import { overviewSection } from './overview.js';
import { rawSection } from './raw.js';

export const imageSections = {
  overview: overviewSection,
  layers: layersSection,
  history: historySection,
  dockerfile: dockerfileSection,
  config: configSection,
  raw: rawSection,
};

/** What is no image has blobs instead of layers, and a config that only its own tools can read. */
export const artifactSections = { overview: overviewSection, layers: artifactBlobs, raw: rawSection };
