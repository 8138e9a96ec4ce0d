// The calls of the second module, which is loaded with the first of them. It is part of the same program: it lives in the
// memory of the one that runs already.

import { explained } from './load.js';
import { DockerRegistryClient, RegistryError, Repository, attachLazy, initSync } from './wasm/core.js';
import calls from './wasm/lazy.js';

/**
 * By the names they have here: a bundler that makes all small renames them.
 * @type {Record<string, { prototype: any }>}
 */
const classes = { DockerRegistryClient, Repository };

/** @type {(() => Promise<WebAssembly.Module>) | undefined} */
let compile;
/** @type {Promise<void> | undefined} */
let loading;
let isLoaded = false;

/**
 * Whichever entry of the package comes first says where the module is.
 * @param {() => Promise<WebAssembly.Module>} compiled gives the compiled module
 */
export function loadLazily(compiled) {
  if (compile) return;
  compile = compiled;
  for (const [name, names] of Object.entries(calls)) {
    const { prototype } = classes[name];
    for (const call of names) Object.defineProperty(prototype, call, { value: waiting(call, prototype[call]) });
  }
}

/**
 * The same to whoever looks at it.
 * @param {string} name
 * @param {Function} call
 */
function waiting(name, call) {
  const waits = {
    /** @param {unknown[]} given */
    [name](...given) {
      return isLoaded ? call.apply(this, given) : load().then(() => call.apply(this, given));
    },
  }[name];
  return Object.defineProperty(waits, 'length', { value: call.length });
}

function load() {
  loading ??= attach().catch((cause) => {
    loading = undefined;
    const message = `the part of this client that this call needs could not be loaded: ${explained(cause)?.message ?? cause}`;
    throw Object.assign(new RegistryError('MODULE_NOT_LOADED', message), { cause });
  });
  return loading;
}

async function attach() {
  const [module, scripts] = await Promise.all([
    /** @type {NonNullable<typeof compile>} */ (compile)(),
    import('./wasm/core.lazy.js'),
  ]);
  attachLazy(scripts);
  // Without an argument it gives what the running module exports.
  await WebAssembly.instantiate(module, { core: initSync() });
  isLoaded = true;
}
