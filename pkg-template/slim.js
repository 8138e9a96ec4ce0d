// The entry without the inline module: a quarter less to download, compiled while it streams, at the price of one call.

import { explained } from './load.js';
import start from './wasm/core.js';

export * from './classes.js';

/** Loads core.wasm once; later calls wait for the first one, and a failed one can be repeated. */
export default async function init(source = new URL('./wasm/core.wasm', import.meta.url)) {
  try {
    await start({ module_or_path: (await fromDisk(source)) ?? source });
  } catch (cause) {
    throw explained(cause);
  }
}

/** Node's fetch does not read files. */
async function fromDisk(source) {
  if (!(source instanceof URL) || source.protocol !== 'file:') return undefined;
  return globalThis.process?.getBuiltinModule?.('node:fs')?.promises.readFile(source);
}
