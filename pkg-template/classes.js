// What every entry of the package exports. All entries share one glue, and so one instance and one set of classes.
export {
  DockerRegistryClient,
  Image,
  Repository,
  RegistryError,
  isRegistryError,
  parseReference,
} from './wasm/core.js';
