// The entry for Node, Deno, Bun, browsers and bundlers. The module stands in the JavaScript as text and starts
// synchronously: no fetch, no file access, no top-level await. Measured, that is the one form which works in every bundler
// unconfigured, from a plain <script type="module">, and with require().

import { decoded } from './decode.js';
import { load } from './load.js';
import { loadLazily } from './parts.js';
import core from './wasm/core.inline.js';

const parts = {
  read: () => import('./wasm/read.inline.js'),
  write: () => import('./wasm/write.inline.js'),
  cleanup: () => import('./wasm/cleanup.inline.js'),
  diagnose: () => import('./wasm/diagnose.inline.js'),
  unpack: () => import('./wasm/unpack.inline.js'),
  layer: () => import('./wasm/layer.inline.js'),
  archive: () => import('./wasm/archive.inline.js'),
  legacy: () => import('./wasm/legacy.inline.js'),
  auth: () => import('./wasm/auth.inline.js'),
  zstd: () => import('./wasm/zstd.inline.js'),
};

load(() => new WebAssembly.Module(decoded(core)));
loadLazily(async (part) => WebAssembly.compile(decoded((await parts[part]()).default)));

export * from './classes.js';
