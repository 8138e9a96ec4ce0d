// undici carries what Node's own fetch cannot be told: certificates and proxies. Its fetch and its dispatcher have to be of
// the same copy, so that Node's bundled fetch is of no use here.

import tls from 'node:tls';

import { RegistryError } from '../classes.js';

/** @returns {Promise<{ fetch: typeof globalThis.fetch, close: () => Promise<void> }>} */
export async function startUndici({ tls: settings, proxy }) {
  const undici = await load();
  const dispatcher = proxy ? proxyAgent(undici, settings, proxy) : new undici.Agent({ connect: onceRead(settings) });
  return {
    fetch: async (input, init) => {
      try {
        return await undici.fetch(input, { ...init, dispatcher });
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
    // The newest one does not load in Node 20.
    const message =
      'certificates and proxies need the package undici, in a version for this Node: npm install undici@7';
    throw Object.assign(new RegistryError('UNSUPPORTED', message), { cause });
  }
}

/** Reading a hundred root certificates takes longer than a handshake. */
function onceRead({ rejectUnauthorized, ...files }) {
  const context = Object.keys(files).length > 0 ? { secureContext: tls.createSecureContext(files) } : {};
  return rejectUnauthorized === undefined ? context : { ...context, rejectUnauthorized };
}

function proxyAgent({ EnvHttpProxyAgent, Pool }, settings, { http, https, except }) {
  const connect = onceRead(settings);
  // The client certificate is for registries.
  const { cert, key, passphrase, ...forProxy } = settings;
  const proxies = [http, https].filter(Boolean).map((url) => new URL(url).href);
  /** Whose connections are a proxy's: the system's own message would name the proxy's fault as the registry's. */
  const factory = (origin, options) => {
    const url = new URL(origin);
    if (!proxies.includes(url.href)) return new Pool(origin, options);
    const named = (settings, done) =>
      options.connect(settings, (error, socket) => done(error && unreachable(url, error), socket));
    return new Pool(url.origin, { ...options, connect: named });
  };
  return new EnvHttpProxyAgent({
    httpProxy: http ?? '',
    httpsProxy: https ?? '',
    noProxy: except,
    connect,
    requestTls: connect,
    proxyTls: onceRead(forProxy),
    // Proxies mostly let CONNECT through to port 443 alone: what is asked for by plain http is asked of the proxy itself.
    proxyTunnel: false,
    factory,
    clientFactory: factory,
  });
}

const unreachable = ({ host }, { code }) =>
  new RegistryError('NETWORK', `the proxy ${host} cannot be reached: ${code}`);

/** The error to throw where it was the proxy that refused. */
function proxyRefusal(error) {
  if (error instanceof RegistryError) return error;
  const [, status] = /^Proxy (?:response|Authentication Required) \((\d+)\)/.exec(error?.message) ?? [];
  if (status === undefined) return error?.cause && proxyRefusal(error.cause);
  const why =
    status === '407' ? 'asks for other credentials, in its URL as http://user:password@host' : 'refuses to connect';
  return new RegistryError('NETWORK', `the proxy ${why} (${status})`);
}
