// Creates clients from the options.

import { readFileSync } from 'node:fs';
import process from 'node:process';

import { Usage } from './input/usage.js';

/** @import { Output } from './output/output.js' */

/**
 * Returns a function that creates the client for a registry's address.
 * @param {{ options: Record<string, any>, output: Output, signal: AbortSignal }} call
 */
export function connector({ options, output, signal }) {
  /** @type {Promise<string> | undefined} */
  let password;
  return async (/** @type {string} */ host) => {
    const { connect } = await import('docker-registry-client-wasm/node');
    if (Boolean(options.username) !== Boolean(options.passwordStdin)) {
      throw new Usage('--username and --password-stdin must be given together');
    }
    const { username } = options;
    const login = username && { username, password: await (password ??= passwordFromInput()) };
    return connect(address(host, options), {
      ...login,
      ca: options.ca?.map((/** @type {string} */ file) => contents(file, '--ca')),
      cert: options.cert && contents(options.cert, '--cert'),
      key: options.key && contents(options.key, '--key'),
      rejectUnauthorized: options.insecure ? false : undefined,
      proxy: options.proxy,
      trustedRealms: options.trustedRealm,
      authServiceUrl: options.authServiceUrl,
      concurrency: options.concurrency,
      timeout: options.timeout,
      onWarning: (text) => output.warn(text),
      signal,
    });
  };
}

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

/**
 * @param {string} file
 * @param {string} option
 */
function contents(file, option) {
  try {
    return readFileSync(file);
  } catch (/** @type {any} */ { code }) {
    throw new Usage(`${option}: the file cannot be read: ${code}`);
  }
}

async function passwordFromInput() {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw new Usage('--password-stdin: standard input is empty');
  return password;
}
