// The entry for workerd (Cloudflare Workers), which compiles modules only ahead of time: they must be imported.

import { load } from './load.js';
import { loadLazily } from './parts.js';
import archive from './wasm/archive.wasm';
import auth from './wasm/auth.wasm';
import cleanup from './wasm/cleanup.wasm';
import core from './wasm/core.wasm';
import diagnose from './wasm/diagnose.wasm';
import layer from './wasm/layer.wasm';
import legacy from './wasm/legacy.wasm';
import read from './wasm/read.wasm';
import unpack from './wasm/unpack.wasm';
import write from './wasm/write.wasm';
import zstd from './wasm/zstd.wasm';

const parts = { read, write, cleanup, diagnose, unpack, layer, archive, legacy, auth, zstd };

load(() => core);
loadLazily(async (part) => parts[part]);

export * from './classes.js';
