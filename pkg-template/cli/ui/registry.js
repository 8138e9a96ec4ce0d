// Sends the page's requests to the registry, with the logins and by the rules of the package's client. The page names a path and
// gets a response: no address, no credentials, no token.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream';

import { moved, registryUrl } from './addresses.js';
import { refuse } from './server.js';

/**
 * @import { DockerRegistryClient, RequestEvent } from 'docker-registry-client-wasm'
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { Connection } from '../connection.js'
 * @import { Forward } from './server.js'
 *
 * @typedef {object} Settings
 * @property {string} host base URL of the registry
 * @property {(client: Connection['client']) => Promise<DockerRegistryClient>} connect
 * @property {typeof fetch} fetch
 * @property {string} prefix path of the proxy
 * @property {boolean} allowChanges
 * @property {(event: RequestEvent) => void} [onRequest]
 *
 * @typedef {{ method: string, url: URL, headers: Record<string, string>, body: Uint8Array | ReadableStream | undefined }} Message
 */

const READING = ['GET', 'HEAD'];
const CHANGING = ['DELETE', 'PATCH', 'POST', 'PUT'];
const REDIRECTS = [301, 302, 303, 307, 308];
/** Statuses on which the client chooses other credentials. */
const REFUSED = [401, 403];
const AUTH_CODES = ['AUTH_REQUIRED', 'UNAUTHORIZED', 'DENIED'];

/** The fields that pass, each way. */
const FROM_PAGE =
  /^(accept|content-length|content-range|content-type|if-match|if-modified-since|if-none-match|if-range|range)$/;
const FROM_REGISTRY =
  /^(accept-ranges|cache-control|content-(length|range|type)|date|docker-(content-digest|distribution-api-version|ratelimit-source|upload-uuid)|etag|last-modified|link|location|oci-.*|range|ratelimit-.*|retry-after|warning|x-docker-(payload-checksum|registry-config|registry-standalone|registry-version|size))$/;

/** The paths that the page needs. Some registries have their token service below /v2/ too, and the page must get no token. */
const PATHS =
  /^\/(v2\/(_catalog|.+\/(manifests|blobs|tags|referrers)\/.+)?|v1\/(_ping|search|(repositories|images)\/.+))$/;

/** A body up to this size is kept, to be sent again with a login: manifests are smaller. */
const KEPT_BYTES = 4 * 1024 * 1024;
const MOST_LOGINS = 1000;

/**
 * @param {Settings} settings
 * @returns {Forward}
 */
export function forwardTo({ host, connect, fetch, prefix, allowChanges, onRequest }) {
  const target = new URL(host);
  /** What the client sent as `Authorization`, by the access that it gives. @type {Map<string, string>} */
  const logins = new Map();

  return async (request, response, path) => {
    const controller = new AbortController();
    response.on('close', () => controller.abort());
    const { method = '' } = request;
    try {
      const url = addressOf(target, path);
      if (!url) return refuse(response, 400, 'UNSUPPORTED', 'a path of the registry API is needed');
      if (!READING.includes(method) && !CHANGING.includes(method))
        return refuse(response, 405, 'UNSUPPORTED', 'the registry has no such method');
      if (!allowChanges && CHANGING.includes(method))
        return refuse(response, 403, 'DENIED', 'this page only reads: --allow-changes allows changes');
      const body = READING.includes(method) ? undefined : await bodyOf(request);
      const message = { method, url, headers: passing(request.headers, FROM_PAGE), body };
      const began = performance.now();
      const answer = await (body instanceof ReadableStream ? streamed : exchanged)(message, controller.signal);
      const { status } = answer;
      const duration = performance.now() - began;
      onRequest?.({ method, url: url.origin + url.pathname, status, duration });
      return pass(answer, response, url);
    } catch (/** @type {any} */ error) {
      if (controller.signal.aborted || response.headersSent) return response.destroy();
      const { code = 'NETWORK', reason, message } = error;
      return refuse(response, 502, code, reason ?? message);
    }
  };

  /**
   * Sends a request as the client's one for `/v2/`: the client authenticates it, and follows redirects where that is safe.
   * @param {Message} message
   * @param {AbortSignal} signal
   * @returns {Promise<Response>}
   */
  async function exchanged(message, signal) {
    const { method } = message;
    const access = accessOf(message);
    /** Where the client's requests lead; others are those to token services. @type {Map<string, URL>} */
    const places = new Map([[registryUrl(target, new URL('http://proxy/v2/')).href, message.url]]);
    /** @type {Response | undefined} */
    let last;

    /** @type {typeof fetch} */
    const via = async (input, init) => {
      const place = places.get(new URL(String(input)).href);
      if (!place) return fetch(input, init);
      await last?.body?.cancel();
      last = undefined;
      const isRegistry = place === message.url;
      const given = new Headers(init?.headers).get('authorization');
      const authorization = given ?? (isRegistry ? logins.get(access) : undefined);
      const answer = await begun(init?.signal, signal, (both) => send({ ...message, url: place }, authorization, both));
      const { status, headers } = answer;
      if (isRegistry && status === 401) logins.delete(access);
      else if (isRegistry && given) remember(access, given);
      const location = headers.get('location');
      if (READING.includes(method) && REDIRECTS.includes(status) && location !== null) {
        await answer.body?.cancel();
        const next = new URL(location, place);
        places.set(next.href, next);
        return new Response(null, { status: 307, headers: { location: next.href } });
      }
      last = answer;
      if (!REFUSED.includes(status)) return new Response('{}');
      const challenge = headers.get('www-authenticate');
      return new Response(null, { status, headers: challenge === null ? {} : { 'www-authenticate': challenge } });
    };

    // Version 2: else a registry of V1 would be looked for. The page's client repeats what failed.
    const client = await connect({
      fetch: via,
      apiVersion: 2,
      retry: false,
      onRequest: undefined,
      onWarning: undefined,
    });
    try {
      await client.checkStatus({ signal });
    } catch (/** @type {any} */ error) {
      if (!last || !AUTH_CODES.includes(error.code)) {
        await /** @type {Response | undefined} */ (last)?.body?.cancel();
        throw error;
      }
    }
    if (!last) throw new Error('the registry sent no response');
    return last;
  }

  /**
   * Sends what cannot be sent twice. The request that began the upload has left its login.
   * @param {Message} message
   * @param {AbortSignal} signal
   */
  function streamed(message, signal) {
    return send(message, logins.get(accessOf(message)), signal);
  }

  /**
   * @param {Message} message
   * @param {string | undefined} authorization
   * @param {AbortSignal} signal
   */
  function send({ method, url, headers, body }, authorization, signal) {
    const fields = { ...headers, 'accept-encoding': 'identity', ...(authorization && { authorization }) };
    const init = { method, headers: fields, body, redirect: 'manual', signal, duplex: 'half' };
    return fetch(url, /** @type {any} */ (init));
  }

  /**
   * @param {string} access
   * @param {string} authorization
   */
  function remember(access, authorization) {
    if (logins.size >= MOST_LOGINS) logins.clear();
    logins.set(access, authorization);
  }

  /**
   * @param {Response} answer
   * @param {ServerResponse} response
   * @param {URL} from
   */
  function pass(answer, response, from) {
    const { location, link, ...headers } = passing(Object.fromEntries(answer.headers), FROM_REGISTRY);
    // The transport has decoded it.
    if (answer.headers.has('content-encoding')) delete headers['content-length'];
    const addresses = moved({ location, link }, { target, prefix, from });
    // The page must not be led to another host.
    if (!addresses.location?.startsWith(prefix)) delete addresses.location;
    response.writeHead(answer.status, { ...headers, ...addresses });
    if (!answer.body) return void response.end();
    // If one side breaks off, so does the other: a page must not take half a body for a whole one.
    return void pipeline(Readable.fromWeb(/** @type {any} */ (answer.body)), response, () => {});
  }
}

/**
 * Returns the registry's URL for a path, if that cannot mean anything else to anybody who decodes it.
 * @param {URL} target
 * @param {string} path
 */
function addressOf(target, path) {
  // Before URL resolves dot segments.
  const [raw] = path.split('?', 1);
  try {
    const decoded = decodeURIComponent(raw);
    if (!PATHS.test(decoded) || /[\p{Cc}\\]/u.test(decoded)) return undefined;
    if (decoded.split('/').some((part) => part === '..' || part === '.')) return undefined;
    return registryUrl(target, new URL(`http://proxy${path}`));
  } catch {
    return undefined;
  }
}

/**
 * Names the access that a login gives: what it allows, and the repository or else the path.
 * @param {Message} message
 */
function accessOf({ method, url: { pathname } }) {
  const [, repository = pathname] = /\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(pathname) ?? [];
  const kind = READING.includes(method) ? 'pull' : method === 'DELETE' ? 'delete' : 'push';
  return `${kind} ${repository}`;
}

/**
 * @param {IncomingMessage} request
 * @returns {Promise<Uint8Array | ReadableStream | undefined>}
 */
async function bodyOf(request) {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding === undefined && !(Number(length) > 0)) return undefined;
  if (coding === undefined && Number(length) <= KEPT_BYTES) return Buffer.concat(await request.toArray());
  return /** @type {any} */ (Readable.toWeb(request));
}

/**
 * Stops at either signal until the response begins, then at the second one alone: the client knows nothing of the body.
 * @param {AbortSignal | null | undefined} first
 * @param {AbortSignal} second
 * @param {(signal: AbortSignal) => Promise<Response>} start
 */
async function begun(first, second, start) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const until = new AbortController();
  for (const signal of [first, second]) {
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true, signal: signal === first ? until.signal : undefined });
  }
  try {
    return await start(controller.signal);
  } finally {
    until.abort();
  }
}

/**
 * @param {Record<string, string | string[] | undefined>} fields
 * @param {RegExp} names
 * @returns {Record<string, string>}
 */
const passing = (fields, names) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      names.test(name) && typeof value === 'string' ? [[name, value]] : [],
    ),
  );
