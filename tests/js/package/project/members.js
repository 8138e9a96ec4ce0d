// Prints what the built module has: its exports and the members of its classes.

import * as api from 'docker-registry-client-wasm';

/** wasm-bindgen's own, on every class it makes: freeing early is harmless and never needed, so the types don't tell. */
const GENERATED = new Set(['constructor', '__destroy_into_raw', 'free']);

function membersOf(target) {
  const members = {};
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(target))) {
    if (GENERATED.has(name)) continue;
    members[name] = typeof value === 'function' ? { kind: 'method', parameters: value.length } : { kind: 'property' };
  }
  return members;
}

function anError() {
  try {
    new api.DockerRegistryClient('localhost').repository('Not A Name');
  } catch (error) {
    return error;
  }
  throw new Error('a bad name was taken');
}

const classes = {};
for (const [name, value] of Object.entries(api)) {
  if (/^class\b/.test(Function.prototype.toString.call(value))) classes[name] = membersOf(value.prototype);
}
const { message, stack, cause, ...own } = Object.getOwnPropertyDescriptors(anError());
Object.assign(classes.RegistryError, membersOf(Object.create(null, own)));

console.log(JSON.stringify({ exports: Object.keys(api), classes }));
