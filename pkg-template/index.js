// The entry for Node, Deno, Bun, browsers and bundlers. The module stands in the JavaScript as a string and starts
// synchronously: no fetch, no file access, no top-level await. Measured, that is the one form which works in every bundler
// unconfigured, from a plain <script type="module">, and with require().

import { load } from './load.js';
import text from './wasm/inline.js';

load(() => {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return new WebAssembly.Module(bytes);
});

export * from './classes.js';
