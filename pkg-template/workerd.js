// The entry for workerd (Cloudflare Workers), which compiles modules only ahead of time: they must be imported.

import { load } from './load.js';
import module from './wasm/core.wasm';

load(() => module);

export * from './classes.js';
