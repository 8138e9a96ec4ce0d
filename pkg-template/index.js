// The entry for Node, Deno, Bun, browsers and bundlers. The module stands in the JavaScript as text and starts
// synchronously: no fetch, no file access, no top-level await. Measured, that is the one form which works in every bundler
// unconfigured, from a plain <script type="module">, and with require().

import { decoded } from './decode.js';
import { loadLazily } from './lazy.js';
import { load } from './load.js';
import core from './wasm/core.inline.js';

load(() => new WebAssembly.Module(decoded(core)));
loadLazily(async () => WebAssembly.compile(decoded((await import('./wasm/lazy.inline.js')).default)));

export * from './classes.js';
