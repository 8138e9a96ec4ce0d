// The entry for Node, Deno, Bun, browsers and bundlers. The module stands in the JavaScript as text and starts
// synchronously: no fetch, no file access, no top-level await. Measured, that is the one form which works in every bundler
// unconfigured, from a plain <script type="module">, and with require().

import { later } from './later.js';
import { load } from './load.js';
import core from './wasm/core.inline.js';

load(() => new WebAssembly.Module(decoded(core)));
later(async () => WebAssembly.compile(decoded((await import('./wasm/later.inline.js')).default)));

function decoded(hex) {
  if (Uint8Array.fromHex) return Uint8Array.fromHex(hex);
  // For hosts before 2025.
  const value = (index) => {
    const code = hex.charCodeAt(index);
    return code < 58 ? code - 48 : code - 87; // 0-9, a-f
  };
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = value(2 * index) * 16 + value(2 * index + 1);
  return bytes;
}

export * from './classes.js';
