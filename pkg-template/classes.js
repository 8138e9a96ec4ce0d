// What every entry of the package exports. All entries share one glue, and so one instance and one set of classes.

import { located } from './objects.js';
import { parseReference as parse } from './wasm/core.js';

export { DockerRegistryClient } from './objects.js';
export { Image, Repository, RegistryError, isRegistryError } from './wasm/core.js';
export const parseReference = located('parseReference', parse);
