// Finds docker's logins by docker's rules: the helper for the registry, else the helper for all, else the file's own.

import { Buffer } from 'node:buffer';

import { readConfig, usualFiles, variableConfig } from './config-file.js';
import { askHelper, helperFor } from './helper.js';
import { checkNames, object, refusal, typed } from '../options.js';
import { keysFor, namesOf } from './registry-keys.js';

/**
 * @import { Challenge, Credentials } from 'docker-registry-client-wasm'
 * @import { DockerCredentialsOptions } from 'docker-registry-client-wasm/node'
 * @import { Config } from './config-file.js'
 */

export const HELPER_TIMEOUT = 30_000;
const REPOSITORY_SCOPE = /^repository(?:\([^)]*\))?:(.+):[^:]*$/;

/**
 * See node.d.ts.
 * @param {DockerCredentialsOptions} [options]
 * @returns {(challenge: Challenge) => Promise<Credentials | undefined>}
 */
export function dockerCredentials(options) {
  const given = checkNames(options, ['configFile', 'helperTimeout']);
  const configFile = typed(given, 'configFile', 'string');
  const { helperTimeout: timeout = HELPER_TIMEOUT } = given;
  // The longest timer that hosts support.
  if (!(typeof timeout === 'number' && timeout > 0 && timeout < 2 ** 31)) {
    throw refusal('options.helperTimeout: a number of milliseconds above 0 is needed');
  }

  return async ({ registry, scopes = [] }) => {
    const names = namesOf(registry);
    const repositories = scopes.map((scope) => REPOSITORY_SCOPE.exec(scope)?.[1]).filter((name) => name !== undefined);
    /** @param {Config | '' | undefined} config */
    const loginOf = async (config) =>
      config && ((await fromHelper(config, names, timeout)) ?? fromAuths(config, names, repositories));
    // Read again each time, so that a `docker login` takes effect without a restart.
    const found = configFile === undefined ? await loginOf(variableConfig()) : undefined;
    if (found) return found;
    for (const path of configFile === undefined ? usualFiles() : [configFile]) {
      const found = await loginOf(await readConfig(path));
      if (found) return found;
    }
    return undefined;
  };
}

/**
 * @param {Config} config
 * @param {string[]} names
 * @param {number} timeout
 */
async function fromHelper(config, names, timeout) {
  const question = helperFor(config, names);
  return question && askHelper({ ...question, timeout });
}

/**
 * @param {Config} config
 * @param {string[]} names
 * @param {string[]} repositories
 */
function fromAuths({ path, auths }, names, repositories) {
  for (const key of keysFor(Object.keys(auths), names, repositories)) {
    const place = `${path}: auths[${JSON.stringify(key)}]`;
    const found = fromEntry(object(auths[key], place), place);
    if (found) return found;
  }
  return undefined;
}

/**
 * Returns undefined for the empty entry that docker leaves if a helper has the login.
 * @param {Record<string, any>} entry
 * @param {string} place
 * @returns {Credentials | undefined}
 */
function fromEntry(entry, place) {
  for (const name of ['auth', 'username', 'password', 'identitytoken', 'registrytoken']) {
    if (typeof (entry[name] ?? '') !== 'string') throw refusal(`${place}.${name}: a string is needed`);
  }
  if (entry.registrytoken) return { token: entry.registrytoken };
  if (entry.identitytoken) return { identityToken: entry.identitytoken };
  if (entry.auth) return decoded(entry.auth, `${place}.auth`);
  if (entry.username && entry.password) return { username: entry.username, password: entry.password };
  return undefined;
}

/**
 * @param {string} auth
 * @param {string} place
 */
function decoded(auth, place) {
  const base64 = auth.replace(/\s/g, '');
  const text = /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64').toString() : '';
  const colon = text.indexOf(':');
  if (colon < 1) throw refusal(`${place}: base64 of "user:password" is needed`);
  // Docker pads with NUL.
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/^\0+|\0+$/g, '') };
}
