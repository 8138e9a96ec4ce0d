// A server for the faults that no real registry can be asked to show.
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';

import { authority, isOverHttp2 } from './over-tls.mjs';

/**
 * @param {Record<string, Handler> | Handler} script answers by path (without the query), or one for all;
 *   `/v2/` answers as a registry does unless the script has it
 * @typedef {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void} Handler
 */
export async function startScripted(script = {}) {
  const state = { script, requests: [], open: 0, mostOpen: 0, closedEarly: 0, connections: 0 };
  const { server, url, stop } = await listen((request, response) => {
    state.requests.push({ method: request.method, url: request.url, headers: request.headers });
    state.open += 1;
    state.mostOpen = Math.max(state.mostOpen, state.open);
    // Over HTTP/2, the response does not tell of all that the stream tells of.
    const { stream } = response;
    (stream ?? response).on('close', () => {
      state.open -= 1;
      if (stream ? stream.aborted : !response.writableFinished) state.closedEarly += 1;
    });
    answer(state.script, request, response);
  });
  server.on('connection', () => {
    state.connections += 1;
  });
  return Object.assign(state, { url, stop });
}

async function listen(handler) {
  const server = isOverHttp2 ? createSecureServer(authority.server, overHttp2(handler)) : createServer(handler);
  const sessions = new Set();
  server.on('session', (session) => sessions.add(session.on('close', () => sessions.delete(session))));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections?.();
      for (const session of sessions) session.destroy();
    });
  return { server, url: `${isOverHttp2 ? 'https' : 'http'}://127.0.0.1:${server.address().port}`, stop };
}

/** Handlers see header fields as HTTP/1.1 has them. */
const overHttp2 = (handler) => (request, response) => {
  const fields = Object.entries(request.headers).filter(([name]) => !name.startsWith(':'));
  const value = { host: request.authority, ...Object.fromEntries(fields) };
  handler(Object.defineProperty(request, 'headers', { value }), response);
};

function answer(script, request, response) {
  if (typeof script === 'function') return script(request, response);
  const path = request.url.split('?', 1)[0];
  const handler = script[path] ?? (path === '/v2/' ? json({}) : error(404, 'NOT_FOUND_BY_SCRIPT'));
  return handler(request, response);
}

// ───────────── Answers

/** Any body; a HEAD request gets its headers alone. */
export const send =
  (body, { status = 200, ...headers } = {}) =>
  (request, response) => {
    const bytes = Buffer.from(body);
    response.writeHead(status, { 'content-length': bytes.length, ...headers });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  };

export const json = (document, fields) =>
  send(JSON.stringify(document), { 'content-type': 'application/json', ...fields });

export const error = (status, code, message = 'as scripted', fields) =>
  json({ errors: [{ code, message }] }, { status, ...fields });

/** What needs credentials, whichever, and asks for them with a challenge. */
export const asking = (challenge, then) => (request, response) =>
  (request.headers.authorization === undefined
    ? error(401, 'UNAUTHORIZED', 'log in', challenge && { 'www-authenticate': challenge })
    : then)(request, response);

/** One after the other; the last one from then on. */
export const inTurn =
  (...handlers) =>
  (request, response) =>
    (handlers.length > 1 ? handlers.shift() : handlers[0])(request, response);

/** Goes on elsewhere. */
export const redirect = (location, status = 307) => send('', { status, ...(location !== undefined && { location }) });

/** What a captive portal or a wrong host answers to everything. */
export const html = send('<!doctype html><title>Welcome</title><p>Please log in.', {
  'content-type': 'text/html; charset=utf-8',
});

/** Manifest or blob, as content.mjs makes them. */
export const content = ({ bytes, mediaType = 'application/octet-stream' }, fields) =>
  send(bytes, { 'content-type': mediaType, ...fields });

// ───────────── Faults

/** Never answers. */
export const hangs = () => {};

/** Headers and some of the body; then nothing, with the connection open. */
export const hangsInBody =
  (body, headers = {}) =>
  (_, response) => {
    response.writeHead(200, { 'content-length': body.length, ...headers });
    response.write(body.subarray(0, Math.floor(body.length / 2)));
  };

/** Half of what Content-Length promises; then the connection goes. */
export const truncated =
  (body, headers = {}) =>
  (_, response) => {
    response.writeHead(200, { 'content-length': body.length, ...headers });
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => setTimeout(() => response.destroy(), 20));
  };

/** The connection goes before the answer, after a byte of it or of a PING: else a transport might send the request again by itself. */
export const breaksOff = ({ socket, stream }) => {
  if (stream) stream.session.ping(() => stream.session.socket.destroySoon());
  else socket.end('HTTP/1.1 ');
};

/** Bytes without an end, as fast as they are taken; `sent()` tells how many. */
export function endless(headers = {}, chunk = Buffer.alloc(65_536, ' ')) {
  let total = 0;
  const handler = (_, response) => {
    response.writeHead(200, headers);
    const more = () => {
      while (!response.destroyed) {
        total += chunk.length;
        if (!response.write(chunk)) return response.once('drain', more);
      }
    };
    more();
  };
  return Object.assign(handler, { sent: () => total });
}

/** `length` bytes of a repeated chunk with backpressure, so that a gigabyte needs no memory here. */
export const repeated =
  (chunk, length, headers = {}) =>
  (_, response) => {
    response.writeHead(200, { 'content-length': length, ...headers });
    let left = length;
    const more = () => {
      while (left > 0 && !response.destroyed) {
        const part = left < chunk.length ? chunk.subarray(0, left) : chunk;
        left -= part.length;
        if (!response.write(part)) return response.once('drain', more);
      }
      response.end();
    };
    more();
  };
