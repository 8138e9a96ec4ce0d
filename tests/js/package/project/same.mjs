import { createRequire } from 'node:module';
import * as imported from 'docker-registry-client-wasm';
import * as slim from 'docker-registry-client-wasm/slim';

const required = createRequire(import.meta.url)('docker-registry-client-wasm');
const names = Object.keys(imported);
const same = (other) => names.length > 0 && names.every((name) => imported[name] === other[name]);

console.log(JSON.stringify({ required: same(required), slim: same(slim) }));
