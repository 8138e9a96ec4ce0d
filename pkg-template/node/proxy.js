// Chooses the proxy. Its URL may contain a password, so no message shows more than the host.

import { refusal } from './options.js';

/** @typedef {{ http?: string, https?: string, except: string, isFromEnvironment: boolean }} Proxies URLs, and the hosts that bypass them */

/**
 * Returns the URLs of the proxies and the hosts that bypass them; undefined without a proxy.
 * @param {Record<string, any>} options
 * @returns {Proxies | undefined}
 */
export function readProxy({ proxy }) {
  if (proxy === false || (proxy === undefined && !nodeUsesEnvironment())) return undefined;
  if (proxy !== undefined && proxy !== true && proxy !== 'env') {
    const url = checked(proxy, 'options.proxy');
    return { http: url, https: url, except: '', isFromEnvironment: false };
  }
  const [http, https] = ['http_proxy', 'https_proxy'].map((name) => {
    const value = variable(name);
    return value && checked(value, `environment variable ${name} or ${name.toUpperCase()}`);
  });
  // Most users set one variable and mean both.
  return http || https
    ? { http, https: https || http, except: variable('no_proxy') ?? '', isFromEnvironment: true }
    : undefined;
}

/** Returns true if the user has told Node to use the variables for every request. Deno would ask for a permission. */
const nodeUsesEnvironment = () =>
  !('Deno' in globalThis) && (process.env.NODE_USE_ENV_PROXY === '1' || process.execArgv.includes('--use-env-proxy'));

/** @param {string} name */
const variable = (name) => process.env[name] ?? process.env[name.toUpperCase()];

/**
 * @param {any} value
 * @param {string} place
 */
function checked(value, place) {
  try {
    const text = value instanceof URL ? value.href : value;
    // As in curl, a proxy without a scheme is an http proxy.
    const url = new URL(text.includes('://') ? text : `http://${text}`);
    // Decoded here, because the host's later message would show the URL.
    for (const part of [url.username, url.password]) decodeURIComponent(part);
    if (['http:', 'https:'].includes(url.protocol)) return url.href;
  } catch {
    // The built-in error would show the whole URL.
  }
  throw refusal(`${place}: the URL of an http or https proxy is needed`);
}
