// A reverse proxy to one registry: a page reaches it on the page's own origin, where CORS is no obstacle.
import http from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream';

/** RFC 9110, section 7.6.1, and the older ones that are still about. */
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
/** What the browser says about the page: none of the registry's business. */
const FROM_THE_PAGE = /^(host|origin|referer|cookie|expect|sec-.*)$/;
/** What the registry says to a page of its own origin. */
const FOR_ITS_OWN_PAGE = /^(set-cookie|strict-transport-security|clear-site-data|alt-svc|access-control-.*)$/;

/** Under the prefix: the registry's token service. No registry's own path begins like this. */
const TOKENS = '/~token';

/**
 * @param {URL} target base URL of the registry
 * @param {string} prefix path under which the proxy stands, without a slash at its end
 * @param {{ tokens?: boolean }} [options] `tokens`: the registry's token service is reached through it too
 * @returns {(request: http.IncomingMessage, response: http.ServerResponse) => void}
 */
export function proxyTo(target, prefix, { tokens = false } = {}) {
  const base = target.pathname.replace(/\/$/, '');
  /** @type {URL | undefined} where the registry last said that tokens are had */
  let realm;

  return (request, response) => {
    // Parsed, so that dot segments cannot leave the registry's path; with a host in front, or "//x" would name one.
    const asked = new URL(`http://proxy${request.url.slice(prefix.length)}`);
    const url = asked.pathname === TOKENS && realm !== undefined ? tokenUrl(asked) : registryUrl(asked);
    const headers = { ...passedOn(request, FROM_THE_PAGE), host: url.host };
    const { request: open } = url.protocol === 'https:' ? https : http;

    const upstream = open(url, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.statusMessage, towardsPage(answer, url, request.headers.host));
      // Where either side breaks off, so does the other: a page must not take half a body for a whole one.
      pipeline(answer, response, () => {});
    });
    upstream.on('error', (error) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 502, 'BAD_GATEWAY', `${url.origin} cannot be reached: ${error.code ?? error.message}`);
    });
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  };

  function registryUrl({ pathname, search }) {
    const url = new URL(target.origin);
    url.pathname = base + pathname;
    url.search = search;
    return url;
  }

  function tokenUrl({ searchParams }) {
    const url = new URL(realm);
    for (const [name, value] of searchParams) url.searchParams.append(name, value);
    return url;
  }

  function towardsPage(answer, url, here) {
    const headers = passedOn(answer, FOR_ITS_OWN_PAGE);
    const moved = (address) => underPrefix(address, url);
    if (headers.location) headers.location = moved(headers.location);
    if (headers.link) headers.link = headers.link.replace(/<([^>]*)>/g, (_, address) => `<${moved(address)}>`);
    if (tokens && headers['www-authenticate'] && url.host === target.host)
      headers['www-authenticate'] = headers['www-authenticate'].replace(/realm="(https?:[^"]*)"/gi, (told, address) =>
        isItsTokenService(address) ? `realm="http://${here}${prefix}${TOKENS}"` : told,
      );
    return headers;
  }

  /** The page would ask it by itself, but hardly any token service lets pages of other origins do that (CORS). */
  function isItsTokenService(address) {
    if (!URL.canParse(address)) return false;
    const service = new URL(address);
    if (service.protocol === 'http:' && target.protocol === 'https:') return false;
    if (service.hostname !== target.hostname && domainOf(service) !== domainOf(target)) return false;
    realm = service;
    return true;
  }

  /** An address of the registry as one of this proxy; any other stays what it is. */
  function underPrefix(address, url) {
    if (!URL.canParse(address, url)) return address;
    const { host, pathname, search } = new URL(address, url);
    // The host alone: a registry behind a TLS terminator may call itself http.
    if (host !== target.host) return address;
    return prefix + (pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname) + search;
  }
}

/** Roughly whose a host is. What belongs to somebody else the page's client is told of as it is, and refuses itself. */
const domainOf = ({ hostname }) => (/[a-z]$/.test(hostname) ? hostname.split('.').slice(-2).join('.') : hostname);

function passedOn({ headers }, dropped) {
  const named = (headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const hopByHop = new Set([...HOP_BY_HOP, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !dropped.test(name)));
}

/** An error in the form that registries give theirs (distribution-spec v1.1.1, "Error codes"). */
export function refuse(response, status, code, message) {
  const body = JSON.stringify({ errors: [{ code, message }] });
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}
