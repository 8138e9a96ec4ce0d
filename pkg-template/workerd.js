// The entry for workerd (Cloudflare Workers), which compiles modules only ahead of time: they must be imported.

import { later } from './later.js';
import { load } from './load.js';
import core from './wasm/core.wasm';
import rest from './wasm/later.wasm';

load(() => core);
later(async () => rest);

export * from './classes.js';
