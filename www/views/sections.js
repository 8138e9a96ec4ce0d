// The sections of a tag's page. Each takes `{ session, repository, data, manifest, image(), platform, signal }`.

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

/** An artifact has blobs instead of layers, and a config that only its own tools understand. */
export const artifactSections = { overview: overviewSection, layers: artifactBlobs, raw: rawSection };
