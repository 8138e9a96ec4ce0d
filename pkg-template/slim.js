// The entry without the inline modules: files of their own, compiled while they stream, at the price of one call.

import { loadLazily } from './lazy.js';
import { explained } from './load.js';
import start from './wasm/core.js';

/** @import { ModuleSource } from './slim.js' */

export * from './classes.js';

/**
 * Loads core.wasm once; later calls wait for the first one, and a failed one can be repeated.
 * @param {ModuleSource | Promise<ModuleSource>} [source]
 * @param {ModuleSource | Promise<ModuleSource> | (() => ModuleSource | Promise<ModuleSource>)} [rest]
 * @returns {Promise<void>}
 */
export default async function init(
  source = new URL('./wasm/core.wasm', import.meta.url),
  rest = new URL('./wasm/lazy.wasm', import.meta.url),
) {
  try {
    await start({ module_or_path: (await fromDisk(source)) ?? source });
  } catch (cause) {
    throw explained(cause);
  }
  loadLazily(() => compiled(rest));
}

/**
 * Node's fetch does not read files.
 * @param {unknown} source
 */
async function fromDisk(source) {
  if (!(source instanceof URL) || source.protocol !== 'file:') return undefined;
  return globalThis.process?.getBuiltinModule?.('node:fs')?.promises.readFile(source);
}

/** @param {any} given as `rest` */
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
