// Uses undici for certificates and proxies, which Node's own fetch does not take. The fetch and the dispatcher must be of
// the same copy of undici, so Node's bundled fetch cannot be used.

import tls from 'node:tls';

import { RegistryError } from '../classes.js';

/**
 * @import { Fetching, Settings } from './fetch.js'
 * @import { Proxies } from './proxy.js'
 * @import { Tls } from './tls.js'
 */

/**
 * @param {Settings} settings
 * @returns {Promise<Fetching>}
 */
export async function startUndici({ tls: settings, proxy }) {
  const undici = await load();
  const dispatcher = proxy ? proxyAgent(undici, settings, proxy) : new undici.Agent({ connect: onceRead(settings) });
  return {
    // undici's own types of requests and responses are not the host's.
    fetch: async (/** @type {any} */ input, /** @type {any} */ init) => {
      try {
        return /** @type {any} */ (await undici.fetch(input, { ...init, dispatcher }));
      } catch (error) {
        throw proxyRefusal(error) ?? error;
      }
    },
    close: () => dispatcher.close(),
  };
}

async function load() {
  try {
    return await import('undici');
  } catch (cause) {
    // The newest undici does not load in Node 20.
    const message =
      'certificates and proxies need the package undici, in a version for this Node: npm install undici@7';
    throw Object.assign(new RegistryError('UNSUPPORTED', message), { cause });
  }
}

/**
 * Reads the certificates once: a hundred of them take longer than a handshake.
 * @param {Tls} settings
 */
function onceRead({ rejectUnauthorized, ...files }) {
  const context = Object.keys(files).length > 0 ? { secureContext: tls.createSecureContext(files) } : {};
  return rejectUnauthorized === undefined ? context : { ...context, rejectUnauthorized };
}

/**
 * @param {typeof import('undici')} undici
 * @param {Tls} settings
 * @param {Proxies} proxies
 */
function proxyAgent({ EnvHttpProxyAgent, Pool }, settings, { http, https, except }) {
  const connect = onceRead(settings);
  // The client certificate is for registries.
  const { cert, key, passphrase, ...forProxy } = settings;
  const proxies = [http, https].flatMap((url) => (url ? [new URL(url).href] : []));
  /**
   * Marks failed connections to a proxy: the system's message would blame the registry.
   * @param {string | URL} origin
   * @param {any} options
   */
  const factory = (origin, options) => {
    const url = new URL(origin);
    if (!proxies.includes(url.href)) return new Pool(origin, options);
    const named = (/** @type {unknown} */ settings, /** @type {any} */ done) =>
      options.connect(settings, (/** @type {any} */ error, /** @type {unknown} */ socket) =>
        done(error && unreachable(url, error), socket),
      );
    return new Pool(url.origin, { ...options, connect: named });
  };
  return new EnvHttpProxyAgent({
    httpProxy: http ?? '',
    httpsProxy: https ?? '',
    noProxy: except,
    connect,
    requestTls: connect,
    proxyTls: onceRead(forProxy),
    // Most proxies allow CONNECT to port 443 only, so plain http requests go to the proxy itself.
    proxyTunnel: false,
    factory,
    clientFactory: factory,
  });
}

/**
 * @param {URL} url
 * @param {{ code: string }} error
 */
const unreachable = ({ host }, { code }) =>
  new RegistryError('NETWORK', `the proxy ${host} cannot be reached: ${code}`);

/**
 * Returns the error to throw if the proxy refused the request.
 * @param {any} error
 * @returns {Error | undefined}
 */
function proxyRefusal(error) {
  if (error instanceof RegistryError) return error;
  const [, status] = /^Proxy (?:response|Authentication Required) \((\d+)\)/.exec(error?.message) ?? [];
  if (status === undefined) return error?.cause && proxyRefusal(error.cause);
  const why =
    status === '407' ? 'asks for other credentials, in its URL as http://user:password@host' : 'refuses to connect';
  return new RegistryError('NETWORK', `the proxy ${why} (${status})`);
}
