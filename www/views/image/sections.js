// The sections of a tag's page. Each takes `{ session, repository, reference, data, manifest, image(), platform, link(), route, signal }` and
// returns its element, or `{ element, update(route) }`. V1 has no `manifest`. `link(section, query)` gives an address of the page.

import { isImage } from '../../model/contents/opened.js';
import { lazySection } from '../lazy.js';
import { artifactConfig, configSection } from './config.js';
import { dockerfileSection, historySection } from './history.js';
import { artifactBlobs, layersSection } from './layers.js';
import { overviewSection } from './overview.js';
import { rawSection } from './raw.js';

const imageSections = {
  overview: overviewSection,
  layers: layersSection,
  files: lazySection(() => import('./files/files.js').then(({ filesSection }) => filesSection)),
  history: historySection,
  dockerfile: dockerfileSection,
  config: configSection,
  packages: lazySection(() => import('./packages.js').then(({ packagesSection }) => packagesSection)),
  waste: lazySection(() => import('./waste.js').then(({ wasteSection }) => wasteSection)),
  references: lazySection(() => import('./references.js').then(({ referencesSection }) => referencesSection)),
  raw: rawSection,
};

/** Without digests, nothing can refer to an image. */
const { references, ...v1Sections } = imageSections;

/** An artifact has blobs instead of layers, and a config of its own kind. */
export const artifactSections = {
  overview: overviewSection,
  layers: artifactBlobs,
  config: artifactConfig,
  references,
  raw: rawSection,
};

export function sectionsOf(manifest) {
  if (!manifest) return v1Sections;
  return isImage(manifest) ? imageSections : artifactSections;
}
