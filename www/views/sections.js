// The sections of a tag's page. Each takes `{ session, repository, reference, data, manifest, image(), platform, signal }`;
// V1 has no `manifest`.

import { artifactConfig, configSection } from './config.js';
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

/** An artifact has blobs instead of layers, and a config of its own kind. */
export const artifactSections = {
  overview: overviewSection,
  layers: artifactBlobs,
  config: artifactConfig,
  raw: rawSection,
};
