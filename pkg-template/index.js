// The entry for Node, Deno, Bun, browsers and bundlers. The module stands in the JavaScript as base64 and starts
// synchronously: no fetch, no file access, no top-level await. Measured, that is the one form which works in every bundler
// unconfigured, from a plain <script type="module">, and with require().

import { load } from './load.js';
import base64 from './wasm/inline.js';

load(() => new WebAssembly.Module(Uint8Array.fromBase64?.(base64) ?? decoded(base64)));

/** For hosts before 2025. A loop: Uint8Array.from() takes seven times as long. */
function decoded(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

export * from './classes.js';
