// Creates clients with the logins that are set up for docker.

import { DockerRegistryClient } from '../classes.js';
import { dockerCredentials } from './credentials.js';
import { FETCH_OPTIONS, createFetch } from './fetch.js';
import { object, refusal } from './options.js';

const CREDENTIALS = ['username', 'password', 'token', 'identityToken', 'credentials'];

/** See node.d.ts. */
export function connect(host, options = {}) {
  const given = Object.entries(object(options)).filter(([, value]) => value !== undefined);
  const isForFetch = ([name]) => FETCH_OPTIONS.includes(name);
  const forFetch = given.filter(isForFetch);
  const forClient = Object.fromEntries(given.filter((entry) => !isForFetch(entry)));
  if (forFetch.length > 0) {
    if (forClient.fetch)
      throw refusal(`options.${forFetch[0][0]}: it cannot be told to the fetch that is given as well`);
    forClient.fetch = createFetch(Object.fromEntries(forFetch));
  }
  if (!CREDENTIALS.some((name) => name in forClient)) forClient.credentials = dockerCredentials();
  return new DockerRegistryClient(host, forClient);
}
