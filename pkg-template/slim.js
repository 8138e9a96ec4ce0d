// The entry without the inline modules: files of their own, compiled while they stream, at the price of one call.

import { explained } from './load.js';
import { loadLazily } from './parts.js';
import start, { RegistryError } from './wasm/core.js';

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
    legacy: new URL('./wasm/legacy.wasm', import.meta.url),
  };
  check(parts, Object.keys(sources));
  try {
    await start({ module_or_path: (await fromDisk(core)) ?? core });
  } catch (cause) {
    throw explained(cause);
  }
  loadLazily((part) => compiled(parts[part] ?? sources[part]));
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
 * Node's fetch does not read files.
 * @param {unknown} source
 */
async function fromDisk(source) {
  if (!(source instanceof URL) || source.protocol !== 'file:') return undefined;
  return globalThis.process?.getBuiltinModule?.('node:fs')?.promises.readFile(source);
}

/** @param {any} given one of PartSources */
async function compiled(given) {
  let source = await (typeof given === 'function' ? given() : given);
  source = (await fromDisk(source)) ?? source;
  if (source instanceof WebAssembly.Module) return source;
  if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) {
    return WebAssembly.compile(/** @type {BufferSource} */ (source));
  }
  const answer = typeof source.arrayBuffer === 'function' && !('method' in source) ? source : await fetch(source);
  if (!answer.ok) throw new Error(`${answer.url} answers with status ${answer.status}`);
  return WebAssembly.compile(await answer.arrayBuffer());
}
