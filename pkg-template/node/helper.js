// Runs credential helpers, programs that read a login from a keychain
// (github.com/docker/docker-credential-helpers, "Development").

import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import process from 'node:process';

import { RegistryError } from '../classes.js';
import { refusal } from './options.js';

/** @import { Credentials } from 'docker-registry-client-wasm' */
/** @typedef {(code: string, why: string) => Error} Failed makes the error to throw */

const OUTPUT_LIMIT = 1 << 20;
const NOT_FOUND = 'credentials not found in native keychain';

/**
 * Asks the helper for the login of `server`; undefined if it has none.
 * @param {string} name as in the config: "osxkeychain", "ecr-login"
 * @param {{ server: string, rule: string, timeout: number }} question `rule`: the part of the config that names the helper
 * @returns {Promise<Credentials | undefined>}
 */
export async function askHelper(name, { server, rule, timeout }) {
  // It becomes part of a program's name, so it must be neither a path nor an option.
  if (!/^\w[\w.-]*$/.test(name))
    throw refusal(`${rule}: ${JSON.stringify(name)} cannot be the name of a credential helper`);
  const program = `docker-credential-${name}`;
  // No message contains what the helper prints, which may be a secret.
  /** @type {Failed} */
  const failed = (code, why) => new RegistryError(code, `${program} (${rule}) ${why}`);
  const { exit, output, errors } = await run(program, server, timeout, failed);
  if (exit !== 0) {
    // The protocol says standard output; some helpers use standard error.
    if ([output, errors].some((text) => text.includes(NOT_FOUND))) return undefined;
    const how = typeof exit === 'number' ? `exit code ${exit}` : exit;
    throw failed('AUTH_REQUIRED', `ended with ${how}; to see why: echo ${server} | ${program} get`);
  }
  const answer = parsed(output);
  if (typeof answer?.Username !== 'string' || typeof answer.Secret !== 'string') {
    throw failed('INVALID_RESPONSE', 'printed no JSON with Username and Secret');
  }
  const { Username: username, Secret: secret } = answer;
  if (secret === '') return undefined;
  return username === '<token>' ? { identityToken: secret } : { username, password: secret };
}

/** @param {string} output */
function parsed(output) {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

/**
 * Runs the program without a shell. Settles in time, whatever the helper or its children do.
 * @param {string} program
 * @param {string} server
 * @param {number} timeout
 * @param {Failed} failed
 * @returns {Promise<{ exit: number | NodeJS.Signals | null, output: string, errors: string }>}
 */
function run(program, server, timeout, failed) {
  return new Promise((resolve, reject) => {
    const suffix = process.platform === 'win32' && !program.endsWith('.exe') ? '.exe' : '';
    const child = spawn(program + suffix, ['get'], { windowsHide: true });
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
    child.stdin.end(server);
  });
}
