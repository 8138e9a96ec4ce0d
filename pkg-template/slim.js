// The entry without the inline modules: files of their own, compiled while they stream, at the price of one call.

import { explained } from './load.js';
import { loadLazily } from './parts.js';
import start, { RegistryError, initSync } from './wasm/core.js';

/** @import { ModuleSource, PartSources } from './slim.js' */

export * from './classes.js';

/**
 * Loads core.wasm once; later calls wait for the first one, and a failed one can be repeated.
 * @param {ModuleSource | Promise<ModuleSource>} [core]
 * @param {PartSources} [parts]
 * @returns {Promise<void>}
 */
export default async function init(core = new URL('./wasm/core.wasm', import.meta.url), parts = {}) {
  const sources = {
    read: new URL('./wasm/read.wasm', import.meta.url),
    write: new URL('./wasm/write.wasm', import.meta.url),
    cleanup: new URL('./wasm/cleanup.wasm', import.meta.url),
    diagnose: new URL('./wasm/diagnose.wasm', import.meta.url),
    unpack: new URL('./wasm/unpack.wasm', import.meta.url),
    layer: new URL('./wasm/layer.wasm', import.meta.url),
    archive: new URL('./wasm/archive.wasm', import.meta.url),
    legacy: new URL('./wasm/legacy.wasm', import.meta.url),
    auth: new URL('./wasm/auth.wasm', import.meta.url),
    zstd: new URL('./wasm/zstd.wasm', import.meta.url),
  };
  check(parts, Object.keys(sources));
  starting ??= startWith(core).catch((cause) => {
    starting = undefined;
    throw explained(cause);
  });
  await starting;
  loadLazily((part) => compiled(parts[part] ?? sources[part]));
}

/** @type {Promise<unknown> | undefined} */
let starting;

/** @param {ModuleSource | Promise<ModuleSource>} core */
async function startWith(core) {
  const module = await compiledHere(await core);
  // start() looks at Request and Response, for which Node loads its whole fetch.
  return module ? initSync({ module }) : start({ module_or_path: core });
}

/**
 * @param {unknown} parts
 * @param {string[]} names
 */
function check(parts, names) {
  const isObject = parts !== null && typeof parts === 'object' && Object.getPrototypeOf(parts) === Object.prototype;
  const wrong = isObject ? Object.keys(parts).find((name) => !names.includes(name)) : undefined;
  if (isObject && wrong === undefined) return;
  const found = isObject ? `has the property "${wrong}"` : 'is something else';
  throw new RegistryError('INVALID_ARGUMENT', `parts: an object with ${names.join(', ')} is needed; this one ${found}`);
}

/**
 * Compiles what is in memory or in a file, which Node's fetch does not read.
 * @param {unknown} source
 * @returns {Promise<WebAssembly.Module | undefined>} undefined if it takes a request
 */
async function compiledHere(source) {
  if (source instanceof WebAssembly.Module) return source;
  const isFile = source instanceof URL && source.protocol === 'file:';
  const bytes = isFile ? await globalThis.process?.getBuiltinModule?.('node:fs')?.promises.readFile(source) : source;
  const isBytes = ArrayBuffer.isView(bytes) || bytes instanceof ArrayBuffer;
  return isBytes ? WebAssembly.compile(/** @type {BufferSource} */ (bytes)) : undefined;
}

/** @param {any} given one of PartSources */
async function compiled(given) {
  const source = await (typeof given === 'function' ? given() : given);
  const module = await compiledHere(source);
  if (module) return module;
  const answer = typeof source.arrayBuffer === 'function' && !('method' in source) ? source : await fetch(source);
  if (!answer.ok) throw new Error(`${answer.url} answers with status ${answer.status}`);
  return WebAssembly.compile(await answer.arrayBuffer());
}
