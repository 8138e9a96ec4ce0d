// Creates clients with the logins that are set up for docker.

import { DockerRegistryClient } from '../classes.js';
import { dockerCredentials } from './logins/credentials.js';
import { FETCH_OPTIONS, createFetch, sharedFetch } from './fetch.js';
import { object, refusal } from './options.js';

/** @import { ConnectOptions } from 'docker-registry-client-wasm/node' */

const CREDENTIALS = ['username', 'password', 'token', 'identityToken', 'credentials'];

/**
 * See node.d.ts.
 * @param {string | URL} host
 * @param {ConnectOptions} [options]
 */
export function connect(host, options = {}) {
  const given = Object.entries(object(options)).filter(([, value]) => value !== undefined);
  /** @param {[string, unknown]} entry */
  const isForFetch = ([name]) => FETCH_OPTIONS.includes(name);
  const forFetch = given.filter(isForFetch);
  /** @type {Record<string, any>} */
  const forClient = Object.fromEntries(given.filter((entry) => !isForFetch(entry)));
  if (forFetch.length > 0) {
    if (forClient.fetch)
      throw refusal(`options.${forFetch[0][0]}: it cannot be told to the fetch that is given as well`);
    forClient.fetch = createFetch(Object.fromEntries(forFetch));
  }
  forClient.fetch ??= sharedFetch();
  if (!CREDENTIALS.some((name) => name in forClient)) forClient.credentials = dockerCredentials();
  return new DockerRegistryClient(host, forClient);
}
