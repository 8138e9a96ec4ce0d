// A reverse proxy to one registry, so that the page reaches it on its own origin, where CORS does not apply.
import http from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream';

import { moved, registryUrl } from '../../pkg-template/cli/ui/addresses.js';
import { refuse } from '../../pkg-template/cli/ui/server.js';

/** Hop-by-hop fields: RFC 9110, section 7.6.1, and older ones that are still in use. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** Fields in which the browser describes the page; they are not forwarded. */
const FROM_THE_PAGE = /^(host|origin|referer|cookie|expect|sec-.*)$/;
/** Fields for pages of the registry's own origin. */
const FOR_ITS_OWN_PAGE = /^(set-cookie|strict-transport-security|clear-site-data|alt-svc|access-control-.*)$/;

/** Path of the registry's token service under the prefix. No registry has a path that begins like this. */
const TOKENS = '/~token';

/**
 * @param {URL} target base URL of the registry
 * @param {string} prefix path of the proxy, without a trailing slash
 * @param {{ tokens?: boolean }} [options] `tokens`: forwards requests to the registry's token service too
 * @returns {(request: http.IncomingMessage, response: http.ServerResponse, path?: string) => void} `path`: without the prefix
 */
export function proxyTo(target, prefix, { tokens = false } = {}) {
  /** @type {URL | undefined} the token service that the registry named last */
  let realm;

  return (request, response, path = request.url) => {
    // Parsed, so that dot segments cannot leave the registry's path; with a host in front, or "//x" would name one.
    const asked = new URL(`http://proxy${path}`);
    const url = asked.pathname === TOKENS && realm !== undefined ? tokenUrl(asked) : registryUrl(target, asked);
    const headers = { ...passedOn(request, FROM_THE_PAGE), host: url.host };
    const { request: open } = url.protocol === 'https:' ? https : http;

    const upstream = open(url, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.statusMessage, towardsPage(answer, url, request.headers.host));
      // If one side breaks off, so does the other: a page must not take half a body for a whole one.
      pipeline(answer, response, () => {});
    });
    upstream.on('error', (error) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 502, 'BAD_GATEWAY', `${url.origin} cannot be reached: ${error.code ?? error.message}`);
    });
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  };

  function tokenUrl({ searchParams }) {
    const url = new URL(realm);
    for (const [name, value] of searchParams) url.searchParams.append(name, value);
    return url;
  }

  function towardsPage(answer, url, here) {
    const headers = passedOn(answer, FOR_ITS_OWN_PAGE);
    const { location, link } = headers;
    Object.assign(headers, moved({ location, link }, { target, prefix, from: url }));
    if (tokens && headers['www-authenticate'] && url.host === target.host)
      headers['www-authenticate'] = headers['www-authenticate'].replace(/realm="(https?:[^"]*)"/gi, (told, address) =>
        isItsTokenService(address) ? `realm="http://${here}${prefix}${TOKENS}"` : told,
      );
    return headers;
  }

  /** Hardly any token service allows requests from pages of other origins (CORS). */
  function isItsTokenService(address) {
    if (!URL.canParse(address)) return false;
    const service = new URL(address);
    if (service.protocol === 'http:' && target.protocol === 'https:') return false;
    if (service.hostname !== target.hostname && domainOf(service) !== domainOf(target)) return false;
    realm = service;
    return true;
  }
}

/** The approximate owner of a host. Another owner's address is passed on unchanged; the page's client refuses it. */
const domainOf = ({ hostname }) => (/[a-z]$/.test(hostname) ? hostname.split('.').slice(-2).join('.') : hostname);

function passedOn({ headers }, dropped) {
  const named = (headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const hopByHop = new Set([...HOP_BY_HOP, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !dropped.test(name)));
}
