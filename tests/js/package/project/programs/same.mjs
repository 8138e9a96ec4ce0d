import { createRequire } from 'node:module';
import * as imported from 'docker-registry-client-wasm';
import * as node from 'docker-registry-client-wasm/node';
import * as slim from 'docker-registry-client-wasm/slim';

const require = createRequire(import.meta.url);
const required = require('docker-registry-client-wasm');
const nodeRequired = require('docker-registry-client-wasm/node');
const names = Object.keys(imported);
const same = (other) => names.length > 0 && names.every((name) => imported[name] === other[name]);

const ofNode = Object.keys(node).filter((name) => node[name] === nodeRequired[name] && !names.includes(name));

console.log(
  JSON.stringify({
    required: same(required),
    slim: same(slim),
    node: same(node),
    nodeRequired: same(nodeRequired),
    ofNode,
  }),
);
