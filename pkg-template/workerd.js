// The entry for workerd (Cloudflare Workers), which compiles modules only ahead of time: they must be imported.

import { loadLazily } from './lazy.js';
import { load } from './load.js';
import core from './wasm/core.wasm';
import rest from './wasm/lazy.wasm';

load(() => core);
loadLazily(async () => rest);

export * from './classes.js';
