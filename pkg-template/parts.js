// The calls of the other parts of the module: each part is loaded with the first call that needs it. All are one program: they
// live in the memory of the core, which runs already.

import { explained } from './load.js';
import { presentClasses } from './objects.js';
import { explainNames } from './renamed.js';
import {
  ContentPages,
  DockerRegistryClient,
  Image,
  InventoryPages,
  RegistryError,
  Repository,
  TagDescriptions,
  attachScripts,
  initSync,
  installAuth,
  installLegacy,
  installZstd,
  onDemand,
} from './wasm/core.js';
import parts from './wasm/parts.js';

/**
 * @import { PartName } from './wasm/parts.js'
 * @typedef {Record<string, WebAssembly.Exports>} Imports what modules export, by their names
 */

/**
 * By the names they have here: a bundler that makes all small renames them.
 * @type {Record<string, { prototype: any }>}
 */
const classes = { ContentPages, DockerRegistryClient, Image, InventoryPages, Repository, TagDescriptions };

/** Install parts that calls turn out to need when they are under way. */
const installers = { auth: installAuth, legacy: installLegacy, zstd: installZstd };

/** @type {((part: PartName) => Promise<WebAssembly.Module>) | undefined} */
let compile;
/** @type {Map<PartName, Promise<Imports>>} */
const loading = new Map();
/** @type {Set<PartName>} */
const loaded = new Set();

/**
 * Whichever entry of the package comes first says where the modules are.
 * @param {(part: PartName) => Promise<WebAssembly.Module>} compiled gives a compiled module
 */
export function loadLazily(compiled) {
  if (compile) return;
  compile = compiled;
  explainNames();
  onDemand((part) => load(part).then(installers[part]));
  for (const part of /** @type {PartName[]} */ (Object.keys(parts))) {
    for (const [name, calls] of Object.entries(parts[part].calls)) {
      const { prototype } = classes[name];
      for (const call of calls) {
        Object.defineProperty(prototype, call, { value: waiting(part, call, prototype[call]) });
      }
    }
  }
  presentClasses();
}

/**
 * The same to whoever looks at it.
 * @param {PartName} part
 * @param {string} name
 * @param {Function} call
 */
function waiting(part, name, call) {
  const waits = {
    /** @param {unknown[]} given */
    [name](...given) {
      return loaded.has(part) ? call.apply(this, given) : load(part).then(() => call.apply(this, given));
    },
  }[name];
  return Object.defineProperty(waits, 'length', { value: call.length });
}

/**
 * @param {PartName} part
 * @returns {Promise<Imports>} what this part and those it needs export
 */
function load(part) {
  let exports = loading.get(part);
  if (!exports) {
    exports = attach(part).catch((cause) => {
      loading.delete(part);
      if (cause instanceof RegistryError) throw cause;
      const message = `the part "${part}" of this client, which this call needs, could not be loaded: ${explained(cause)?.message ?? cause}`;
      throw Object.assign(new RegistryError('MODULE_NOT_LOADED', message), { cause });
    });
    loading.set(part, exports);
  }
  return exports;
}

/**
 * @param {PartName} part
 * @returns {Promise<Imports>}
 */
async function attach(part) {
  const { needs, scripts } = parts[part];
  const [module, functions, ...given] = await Promise.all([
    /** @type {NonNullable<typeof compile>} */ (compile)(part),
    scripts?.(),
    ...needs.map(load),
  ]);
  // Without an argument it gives what the running module exports.
  const imports = Object.assign({ core: shared(initSync()) }, ...given);
  if (functions) attachScripts(functions);
  const { exports } = await WebAssembly.instantiate(module, imports);
  loaded.add(part);
  return { ...imports, [part]: shared(exports) };
}

/**
 * Resolves imports of other parts: a module's exports by name, and the functions in its table by their hexadecimal index.
 * @param {any} exports
 * @returns {WebAssembly.Exports}
 */
const shared = (exports) =>
  new Proxy(exports, { get: (own, name) => own[name] ?? own.s.get(Number.parseInt(String(name), 16)) });
