// Runs credential helpers, programs that keep logins in a keychain
// (github.com/docker/docker-credential-helpers, "Development").

import { Buffer } from 'node:buffer';

import { RegistryError } from '../../classes.js';
import { refusal } from '../options.js';

/** @import { Credentials } from 'docker-registry-client-wasm' */
/** @import { Config } from './config-file.js' */
/** @typedef {number | NodeJS.Signals | null} Exit */
/** @typedef {(code: string, why: string) => Error} Failed makes the error to throw */

const OUTPUT_LIMIT = 1 << 20;
const NOT_FOUND = 'credentials not found in native keychain';

/**
 * @typedef {object} Helper
 * @property {string} name as in the config: "osxkeychain", "ecr-login"
 * @property {string} server the registry's name there
 * @property {string} rule the part of the config that names the helper
 */

/**
 * Returns the helper that keeps the login, by docker's rules: the one for the registry, else the one for all.
 * @param {Config} config
 * @param {string[]} names of the registry
 * @returns {Helper | undefined}
 */
export function helperFor({ path, credHelpers, credsStore }, names) {
  const key = names.find((name) => Object.hasOwn(credHelpers, name));
  const name = key === undefined ? credsStore : credHelpers[key];
  const part = key === undefined ? 'credsStore' : `credHelpers[${JSON.stringify(key)}]`;
  if (key !== undefined && typeof name !== 'string') throw refusal(`${path}: ${part}: a string is needed`);
  // As in docker, an empty name turns off the helper for all.
  return name ? { name, server: key ?? names[0], rule: `${part} in ${path}` } : undefined;
}

/**
 * Asks the helper for the login; undefined if it has none.
 * @param {Helper & { timeout: number }} helper
 * @returns {Promise<Credentials | undefined>}
 */
export async function askHelper(helper) {
  const { failed, program, exit, output, isAbsent } = await run(helper, 'get', helper.server);
  if (exit !== 0) {
    if (isAbsent) return undefined;
    throw failed('AUTH_REQUIRED', `${ended(exit)}; to see why: echo ${helper.server} | ${program} get`);
  }
  const answer = parsed(output);
  if (typeof answer?.Username !== 'string' || typeof answer.Secret !== 'string') {
    throw failed('INVALID_RESPONSE', 'printed no JSON with Username and Secret');
  }
  const { Username: username, Secret: secret } = answer;
  if (secret === '') return undefined;
  return username === '<token>' ? { identityToken: secret } : { username, password: secret };
}

/**
 * Gives the login to the helper.
 * @param {Helper & { timeout: number }} helper
 * @param {{ username: string, password: string }} login
 */
export async function storeInHelper(helper, { username, password }) {
  const login = { ServerURL: helper.server, Username: username, Secret: password };
  const { failed, exit } = await run(helper, 'store', JSON.stringify(login));
  if (exit !== 0) throw failed('UNSUPPORTED', `did not store the login: it ${ended(exit)}`);
}

/**
 * Removes the login from the helper. Returns false if it had none.
 * @param {Helper & { timeout: number }} helper
 */
export async function eraseInHelper(helper) {
  // Not every helper fails if there is nothing to erase.
  const had = (await run(helper, 'get', helper.server)).exit === 0;
  const { failed, exit, isAbsent } = await run(helper, 'erase', helper.server);
  if (exit !== 0 && !isAbsent) throw failed('UNSUPPORTED', `did not erase the login: it ${ended(exit)}`);
  return had;
}

const ended = (/** @type {Exit} */ exit) => `ended with ${typeof exit === 'number' ? `exit code ${exit}` : exit}`;

/** @param {string} output */
function parsed(output) {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

/**
 * Runs the helper.
 * @param {Helper & { timeout: number }} helper
 * @param {'get' | 'store' | 'erase'} action
 * @param {string} input
 */
async function run({ name, rule, timeout }, action, input) {
  // It becomes part of a program's name, so it must be neither a path nor an option.
  if (!/^\w[\w.-]*$/.test(name))
    throw refusal(`${rule}: ${JSON.stringify(name)} cannot be the name of a credential helper`);
  const program = `docker-credential-${name}`;
  // No message contains what the helper prints, which may be a secret.
  /** @type {Failed} */
  const failed = (code, why) => new RegistryError(code, `${program} (${rule}) ${why}`);
  const { exit, output, errors } = await start(program, { action, input, timeout, failed });
  // The protocol says standard output; some helpers use standard error.
  const isAbsent = [output, errors].some((text) => text.includes(NOT_FOUND));
  return { program, failed, exit, output, isAbsent };
}

/**
 * Runs the program without a shell. Settles in time, whatever the helper or its children do.
 * @param {string} program
 * @param {{ action: string, input: string, timeout: number, failed: Failed }} options
 * @returns {Promise<{ exit: Exit, output: string, errors: string }>}
 */
async function start(program, { action, input, timeout, failed }) {
  // Most programs need no helper, and this takes time to load.
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const suffix = process.platform === 'win32' && !program.endsWith('.exe') ? '.exe' : '';
    const child = spawn(program + suffix, [action], { windowsHide: true });
    /** @type {<T>(settle: (value: T) => void, value: T) => void} */
    const give = (settle, value) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      settle(value);
    };
    const timer = setTimeout(() => give(reject, failed('TIMEOUT', `did not answer within ${timeout} ms`)), timeout);
    const collect = (/** @type {NodeJS.ReadableStream} */ stream) => {
      /** @type {Buffer[]} */
      const chunks = [];
      let size = 0;
      stream.on('data', (chunk) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > OUTPUT_LIMIT) give(reject, failed('TOO_LARGE', `printed more than ${OUTPUT_LIMIT} bytes`));
      });
      return () => Buffer.concat(chunks).toString();
    };
    child.once('error', (/** @type {NodeJS.ErrnoException} */ { code }) => {
      const why = code === 'ENOENT' ? 'is not on the PATH' : `cannot be started: ${code}`;
      give(reject, failed('AUTH_REQUIRED', why));
    });
    const [output, errors] = [collect(child.stdout), collect(child.stderr)];
    child.once('close', (code, signal) => give(resolve, { exit: code ?? signal, output: output(), errors: errors() }));
    // A helper may exit without reading its input.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
