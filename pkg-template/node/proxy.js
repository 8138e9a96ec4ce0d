// Which proxy to use. A proxy's URL may hold its password: no message shows more than the host.

import process from 'node:process';

import { refusal } from './options.js';

/**
 * URLs of the proxies, and what goes past them; undefined without any.
 * @returns {{ http?: string, https?: string, except: string, isFromEnvironment: boolean } | undefined}
 */
export function readProxy({ proxy }) {
  if (proxy === undefined || proxy === false) return undefined;
  if (proxy !== true && proxy !== 'env') {
    const url = checked(proxy, 'options.proxy');
    return { http: url, https: url, except: '', isFromEnvironment: false };
  }
  const [http, https] = ['http_proxy', 'https_proxy'].map((name) => {
    const value = variable(name);
    return value && checked(value, `environment variable ${name} or ${name.toUpperCase()}`);
  });
  // Most people set one and mean both.
  return http || https
    ? { http, https: https || http, except: variable('no_proxy') ?? '', isFromEnvironment: true }
    : undefined;
}

const variable = (name) => process.env[name] ?? process.env[name.toUpperCase()];

function checked(value, place) {
  try {
    const text = value instanceof URL ? value.href : value;
    // As curl does: a proxy without a scheme is one for http.
    const url = new URL(text.includes('://') ? text : `http://${text}`);
    // Where decoding fails later, the message would not be ours.
    for (const part of [url.username, url.password]) decodeURIComponent(part);
    if (['http:', 'https:'].includes(url.protocol)) return url.href;
  } catch {
    // The language's own error would show the whole URL.
  }
  throw refusal(`${place}: the URL of an http or https proxy is needed`);
}
