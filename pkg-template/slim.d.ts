export * from "./index.js";

/** `WebAssembly.Module` where the host's types know it. */
type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } } ? Module : never;

/** Where a module is, what a request for it answered, its bytes, or the compiled module. */
export type ModuleSource = string | URL | Request | Response | ArrayBuffer | ArrayBufferView | CompiledModule;

/**
 * Loads core.wasm; to be awaited before anything else of this entry is used.
 * `source`: default core.wasm beside this file, as bundlers find it by `new URL(…, import.meta.url)`.
 * `later`: the same of later.wasm, or a function that gives it; asked for with the first call that needs it.
 */
export default function init(
  source?: ModuleSource | Promise<ModuleSource>,
  later?: ModuleSource | Promise<ModuleSource> | (() => ModuleSource | Promise<ModuleSource>),
): Promise<void>;
