export * from "./index.js";

/** A `WebAssembly.Module`, where the host's types know it. */
type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } }
  ? Module
  : never;

/** Source of a WebAssembly module: its URL, the response to a request for it, its bytes, or the compiled module. */
export type ModuleSource = string | URL | Request | Response | ArrayBuffer | ArrayBufferView | CompiledModule;

/**
 * Sources of the modules that are loaded with the first call that needs them: `read` for what reads manifests, blobs and images, and
 * for all parts but `auth`, `write` for what changes a registry, `cleanup` (beside `write`) for clean-up plans, `diagnose` for
 * `diagnose()`, `layer` (beside `unpack`) for what is inside layers (`files()`, `readFile()`…), `archive` (beside `write` and `unpack`) for
 * `save()` and `load()`, `zstd` for layers that are compressed with it,
 * `legacy` for the V1 protocol and schema1 manifests, `auth` for registries that require authentication. A function is called when its module is needed, and again after a failure.
 */
export type PartSources = {
  [Part in "read" | "write" | "cleanup" | "diagnose" | "unpack" | "layer" | "archive" | "legacy" | "auth" | "zstd"]?:
    | ModuleSource
    | Promise<ModuleSource>
    | (() => ModuleSource | Promise<ModuleSource>);
};

/**
 * Loads core.wasm. Await it before you use anything else of this entry.
 *
 * The module is loaded once; later calls wait for the first, and a failed call can be repeated.
 *
 * @param core - core.wasm. By default the file beside this one, found by `new URL(…, import.meta.url)` as bundlers do.
 * @param parts - The other modules. By default the files beside this one.
 * @throws {RegistryError} `INVALID_ARGUMENT` when `parts` is not an object of these modules.
 * @throws `Error` when the host cannot run the module; the reason of the host when the module cannot be loaded.
 * @example
 * ```ts
 * import init, { DockerRegistryClient } from 'docker-registry-client-wasm/slim';
 *
 * await init();
 * console.log(await new DockerRegistryClient('localhost:5000').namespaces());
 * ```
 */
export default function init(core?: ModuleSource | Promise<ModuleSource>, parts?: PartSources): Promise<void>;
