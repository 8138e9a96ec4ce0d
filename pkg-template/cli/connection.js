// Creates clients from the options.

import { readFileSync, statSync } from 'node:fs';

import { inputUntil } from './input/files.js';
import { Usage } from './input/usage.js';

/**
 * @import { Challenge, ClientOptions, Credentials } from 'docker-registry-client-wasm'
 * @import { Output } from './output/output.js'
 *
 * @typedef {object} Connection
 * @property {'source' | 'target'} [side] for which registry of a copy it is
 * @property {(challenge: Challenge) => Credentials | undefined} [credentials] instead of the logins that the options say
 * @property {string} [cache] folder for indexes of layers
 * @property {ClientOptions} [client] over what the options say. Its `fetch` has been told about certificates and proxy
 */

/**
 * Returns a function that creates the client for a registry's address.
 * @param {{ options: Record<string, any>, output: Output, signal: AbortSignal }} call
 */
export function connector({ options, output, signal }) {
  /** @type {string | undefined} the registry that the given login is for */
  let owner;
  const given = async (/** @type {string} */ host) => {
    const login = await givenLogin(options, signal);
    if (!login) return undefined;
    owner ??= host;
    if (host !== owner) {
      const option = options.tokenStdin ? '--token-stdin' : '--username';
      throw new Usage(`${option} is for one registry; log in to several with the command login`);
    }
    return login;
  };
  return async (/** @type {string} */ host, /** @type {Connection} */ { side, credentials, cache, client } = {}) => {
    const { connect, layerIndexFolder } = await import('docker-registry-client-wasm/node');
    const login = credentials ? { credentials } : ((side && loginOf(side, options)) ?? (await given(host)));
    return connect(address(host, options), {
      ...login,
      ...(client?.fetch ? undefined : fetchOptions(options)),
      trustedRealms: options.trustedRealm,
      authServiceUrl: options.authServiceUrl,
      concurrency: options.concurrency,
      timeout: options.timeout,
      layerIndexes: cache === undefined ? undefined : layerIndexFolder(cache),
      retry: options.retry === undefined ? undefined : { attempts: options.retry + 1 },
      onRequest: options.verbose ? output.request : undefined,
      onWarning: output.warn,
      signal,
      ...client,
    });
  };
}

/**
 * Returns what the options say for `createFetch()`.
 * @param {Record<string, any>} options
 */
export const fetchOptions = ({ ca, cert, key, insecure, proxy }) => ({
  ca: ca?.map((/** @type {string} */ file) => pem(file, '--ca')),
  cert: cert && pem(cert, '--cert'),
  key: key && pem(key, '--key'),
  rejectUnauthorized: insecure ? false : undefined,
  proxy,
});

/**
 * @param {string} text
 * @param {Record<string, any>} options
 */
function address(text, { plainHttp }) {
  // The transport of skopeo's and helm's addresses does not tell the scheme.
  const host = text.replace(/^(docker|oci):\/\//i, '');
  if (!plainHttp || /^http:\/\//i.test(host)) return host;
  if (/^https:\/\//i.test(host)) throw new Usage('--plain-http: the address begins with https://');
  return `http://${host}`;
}

/** Pipes that the shell has opened, as for <(command). */
const OPENED = /^\/(dev|proc\/self)\/fd\/\d+$/;

/**
 * Reads a regular file. Others are refused, because they could block or never end.
 * @param {string} file
 * @param {string} option
 */
function contents(file, option) {
  try {
    const found = statSync(file);
    if (found.isFile() || (found.isFIFO() && OPENED.test(file))) return readFileSync(file);
  } catch (/** @type {any} */ { code }) {
    throw new Usage(`${option}: the file cannot be read: ${code}`);
  }
  throw new Usage(`${option}: it is no regular file`);
}

/**
 * Reads a PEM file.
 * @param {string} file
 * @param {string} option
 */
function pem(file, option) {
  const text = contents(file, option);
  if (!text.includes('-----BEGIN ')) throw new Usage(`${option}: it is no PEM file, which has a line -----BEGIN …`);
  return text;
}

/**
 * Returns the login that the options for one side of a copy say.
 * @param {'source' | 'target'} side
 * @param {Record<string, any>} options
 * @returns {Credentials | undefined}
 */
function loginOf(side, options) {
  const [username, file] = [options[`${side}Username`], options[`${side}PasswordFile`]];
  if ((username === undefined) !== (file === undefined)) {
    throw new Usage(`--${side}-username and --${side}-password-file must be given together`);
  }
  if (file === undefined) return undefined;
  const option = `--${side}-password-file`;
  return { username, password: secret(contents(file, option).toString(), `${option}: the file`) };
}

/**
 * Returns the login that the options say.
 * @param {Record<string, any>} options
 * @param {AbortSignal} signal
 * @returns {Promise<Credentials | undefined>}
 */
export async function givenLogin({ username, passwordStdin, tokenStdin }, signal) {
  if (tokenStdin && (username !== undefined || passwordStdin)) {
    throw new Usage('only one of --token-stdin and --username with --password-stdin can be given');
  }
  if (tokenStdin) return { token: await fromInput('--token-stdin', signal) };
  if ((username === undefined) !== !passwordStdin) {
    throw new Usage('--username and --password-stdin must be given together');
  }
  return passwordStdin ? { username, password: await fromInput('--password-stdin', signal) } : undefined;
}

/** @type {Promise<string> | undefined} */
let input;

/**
 * Reads standard input once, whoever asks.
 * @param {string} option
 * @param {AbortSignal} signal
 */
async function fromInput(option, signal) {
  input ??= (async () => {
    process.stdin.setEncoding('utf8');
    let text = '';
    for await (const chunk of inputUntil(signal)) text += chunk;
    return text;
  })();
  return secret(await input, `${option}: standard input`);
}

/**
 * @param {string} text
 * @param {string} place
 */
function secret(text, place) {
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw new Usage(`${place} is empty`);
  return password;
}
