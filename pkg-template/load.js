// Starts the module, or says why this host cannot run it.

import { initSync } from './wasm/core.js';

/** @param {() => WebAssembly.Module} module */
export function load(module) {
  try {
    initSync({ module: module() });
  } catch (cause) {
    throw explained(cause);
  }
}

/**
 * The error to throw for what the start threw.
 * @param {any} cause
 */
export function explained(cause) {
  const name = 'docker-registry-client-wasm';
  if (typeof WebAssembly === 'undefined') return new Error(`${name}: this host has no WebAssembly`, { cause });
  if (!(cause instanceof WebAssembly.CompileError)) return cause;
  const needs =
    "WebAssembly with SIMD (Chrome 91, Firefox 89, Safari 16.4), and 'wasm-unsafe-eval' in script-src where the page has a Content-Security-Policy";
  return new Error(`${name}: this host refused the WebAssembly module. It needs ${needs}. ${cause.message}`, { cause });
}
