// The names of the Python library docker-registry-client, whose successor this package is: reading one throws an error that says
// what it is called here.

import { DockerRegistryClient, Image, RegistryError, Repository } from './wasm/core.js';

/**
 * Names that differ by more than snake_case.
 * @type {Record<string, Record<string, string>>}
 */
const renamed = {
  DockerRegistryClient: { refresh: 'not needed' },
  Repository: { client: 'not needed', refresh: 'not needed' },
  Image: {
    client: 'not needed',
    image_id: 'id',
    put_json: 'repository.pushImage(json, layer)',
    put_layer: 'repository.pushImage(json, layer)',
  },
};

/** Adds the names, as a layer below each prototype, so that the classes' own members stay what the types say. */
export function explainNames() {
  for (const [name, { prototype }] of Object.entries({ DockerRegistryClient, Repository, Image })) {
    const names = Object.getOwnPropertyNames(prototype).filter((member) => /^[a-z]+[A-Z]/.test(member));
    const spelt = names.map((member) => [member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), member]);
    const advice = Object.entries({ ...Object.fromEntries(spelt), ...renamed[name] });
    const getters = advice.map(([old, now]) => [old, { get: () => fail(`${old} is ${now} here`) }]);
    Object.setPrototypeOf(prototype, Object.create(Object.prototype, Object.fromEntries(getters)));
  }
}

/**
 * Explains the items of the tuple that manifest() returns there. Nothing else of the object shows them.
 * @param {object} manifest
 */
export function explainItems(manifest) {
  for (const [index, now] of Object.entries(['json', 'digest'])) {
    Object.defineProperty(manifest, index, { get: () => fail(`manifest()[${index}] is manifest().${now} here`) });
  }
}

/** @param {string} message */
function fail(message) {
  throw new RegistryError('INVALID_ARGUMENT', message);
}
