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

/**
 * @param {URL} target base URL of the registry
 * @param {string} prefix path under which the proxy stands, without a slash at its end
 * @returns {(request: http.IncomingMessage, response: http.ServerResponse) => void}
 */
export function proxyTo(target, prefix) {
  const { request: open } = target.protocol === 'https:' ? https : http;
  const base = target.pathname.replace(/\/$/, '');

  return (request, response) => {
    // Parsed, so that dot segments cannot leave the registry's path; with a host in front, or "//x" would name one.
    const { pathname, search } = new URL(`http://proxy${request.url.slice(prefix.length)}`);
    const url = new URL(target.origin);
    url.pathname = base + pathname;
    url.search = search;
    const headers = { ...passedOn(request, FROM_THE_PAGE), host: target.host };

    const upstream = open(url, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.statusMessage, towardsPage(answer, url));
      // Where either side breaks off, so does the other: a page must not take half a body for a whole one.
      pipeline(answer, response, () => {});
    });
    upstream.on('error', (error) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 502, 'BAD_GATEWAY', `${target.origin} cannot be reached: ${error.code ?? error.message}`);
    });
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  };

  function towardsPage(answer, url) {
    const headers = passedOn(answer, FOR_ITS_OWN_PAGE);
    const here = (address) => underPrefix(address, url);
    if (headers.location) headers.location = here(headers.location);
    if (headers.link) headers.link = headers.link.replace(/<([^>]*)>/g, (_, address) => `<${here(address)}>`);
    return headers;
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
