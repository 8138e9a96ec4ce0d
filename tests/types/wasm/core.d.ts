// What the build puts into pkg/wasm/core.js: the classes of index.d.ts, an error that the package's own files can make, and
// the glue's two ways to start.
import type { RegistryError as Thrown } from "../../../pkg-template/index.js";

export {
  DockerRegistryClient,
  Image,
  Repository,
  isRegistryError,
  parseReference,
} from "../../../pkg-template/index.js";

export type RegistryError = Thrown;
export const RegistryError: {
  new (code: string, message: string): Thrown;
  prototype: Thrown;
};

/** Starts the module given; without one it gives what the running module exports. */
export function initSync(options?: { module: WebAssembly.Module }): WebAssembly.Exports;
export default function start(options: { module_or_path: unknown }): Promise<WebAssembly.Exports>;

/** Pages of `files()`, `layerFiles()` and `layerChanges()`. */
export class ContentPages {
  next(): Promise<unknown[] | undefined>;
}

/** What `inventory()` iterates over. */
export class InventoryPages {
  next(): Promise<unknown[] | undefined>;
}

/** What `describeTags()` iterates over. */
export class TagDescriptions {
  next(): Promise<unknown[] | undefined>;
}

/** Sets the functions of the glue that only parts of the module call. */
export function attachScripts(functions: Record<string, (...args: never) => unknown>): void;

/** Sets what loads a part of the module that the program needs in the middle of a call, and installs it. */
export function onDemand(load: (part: "auth" | "legacy" | "zstd") => Promise<void>): void;
/** Installs the code that authenticates, which is in a part of the module. */
export function installAuth(): void;
/** Installs the code for old registries, which is in a part of the module. */
export function installLegacy(): void;
/** Installs the decoder of zstd, which is in a part of the module. */
export function installZstd(): void;
