export * from "./index.js";

/** A `WebAssembly.Module`, where the host's types know it. */
type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } } ? Module : never;

/** Source of a WebAssembly module: its URL, the response to a request for it, its bytes, or the compiled module. */
export type ModuleSource = string | URL | Request | Response | ArrayBuffer | ArrayBufferView | CompiledModule;

/**
 * Loads core.wasm. Await it before you use anything else of this entry.
 *
 * The module is loaded once; later calls wait for the first, and a failed call can be repeated.
 *
 * @param source - core.wasm. By default the file beside this one, found by `new URL(…, import.meta.url)` as bundlers do.
 * @param lazy - lazy.wasm, or a function that returns it. It is loaded with the first call that needs it.
 * @throws `Error` when the host cannot run the module; the reason of the host when the module cannot be loaded.
 * @example
 * ```ts
 * import init, { DockerRegistryClient } from 'docker-registry-client-wasm/slim';
 *
 * await init();
 * console.log(await new DockerRegistryClient('localhost:5000').namespaces());
 * ```
 */
export default function init(
  source?: ModuleSource | Promise<ModuleSource>,
  lazy?: ModuleSource | Promise<ModuleSource> | (() => ModuleSource | Promise<ModuleSource>),
): Promise<void>;
