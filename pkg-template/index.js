// The entry for Node, Deno, Bun, browsers and bundlers. The module stands in the JavaScript as text and starts
// synchronously: no fetch, no file access, no top-level await. Measured, that is the one form which works in every bundler
// unconfigured, from a plain <script type="module">, and with require().

import { load } from './load.js';
import hex from './wasm/inline.js';

load(() => new WebAssembly.Module(Uint8Array.fromHex?.(hex) ?? decoded(hex)));

/** For hosts before 2025. */
function decoded(hex) {
  const value = (index) => {
    const code = hex.charCodeAt(index);
    return code < 58 ? code - 48 : code - 87; // 0-9, a-f
  };
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = value(2 * index) * 16 + value(2 * index + 1);
  return bytes;
}

export * from './classes.js';
