// `fetch` over the transport (Fetch standard).

import { filtered } from './fields.js';
import { Incoming } from './incoming.js';

/** @import { Message } from './flight.js' */
/** @import { Pull } from './outgoing.js' */
/** @import { Transport } from './transport.js' */

/** The number of redirects that are followed. */
const MOST = 20;
const REDIRECTS = [301, 302, 303, 307, 308];
const WITHOUT_BODY = [101, 204, 205, 304];
/** Fields that belong to one connection. */
const OF_CONNECTION = ['connection', 'expect', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];
/** Fields that are for one origin. */
const OF_ORIGIN = ['authorization', 'cookie', 'host', 'proxy-authorization'];

/**
 * @typedef {object} Outgoing
 * @property {string} method
 * @property {URL} url
 * @property {string[]} fields
 * @property {Uint8Array | Pull | undefined} body
 * @property {AbortSignal} signal
 */

/**
 * @param {Transport} transport
 * @param {any} input
 * @param {RequestInit | undefined} init
 * @returns {Promise<Response>}
 */
export async function fetchWith(transport, input, init) {
  const request = new Request(input, init);
  const { method, redirect, signal } = request;
  /** @type {Outgoing} */
  let outgoing = {
    method,
    url: new URL(request.url),
    fields: fieldsOf(request),
    body: await bodyOf(request, init),
    signal,
  };
  // Bytes have their own length.
  if (typeof outgoing.body !== 'function')
    outgoing.fields = filtered(outgoing.fields, (name) => name !== 'content-length');
  for (let followed = 0; ; followed += 1) {
    const { message, body } = await sent(transport, outgoing);
    const next = redirect === 'manual' ? undefined : redirected(outgoing, message);
    if (!next) return responseOf(outgoing, message, body, followed > 0);
    if (body instanceof Incoming) await body.cancel();
    if (redirect === 'error') throw failed(new Error('unexpected redirect'));
    if (followed === MOST) throw failed(new Error(`more than ${MOST} redirects`));
    outgoing = next;
  }
}

/** @param {Request} request */
const fieldsOf = ({ headers }) => filtered([...headers].flat(), (name) => !OF_CONNECTION.includes(name));

/**
 * @param {Request} request
 * @param {RequestInit | undefined} init
 * @returns {Promise<Uint8Array | Pull | undefined>}
 */
async function bodyOf(request, init) {
  if (!request.body) return undefined;
  const isStreamed = (init?.body ?? request.body) instanceof ReadableStream;
  if (!isStreamed) return new Uint8Array(await request.arrayBuffer());
  const reader = request.body.getReader();
  return async () => (await reader.read()).value;
}

/**
 * @param {Transport} transport
 * @param {Outgoing} outgoing
 * @returns {Promise<{ message: Message, body: Incoming | Uint8Array }>}
 */
function sent(transport, { method, url, fields, body, signal }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    /** @type {Incoming | undefined} */
    let incoming;
    const flight = transport.send(method, url.href, [...fields], body, {
      answered: (message, body) => {
        if (body instanceof Incoming) incoming = body;
        else signal.removeEventListener('abort', abort);
        resolve({ message, body });
      },
      failed: (error) => {
        signal.removeEventListener('abort', abort);
        reject(failed(error));
      },
    });
    const abort = () => {
      flight.abort();
      incoming?.finish(signal.reason);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * The errors that explain themselves are passed on as they are.
 * @param {any} cause
 */
const failed = (cause) => (cause?.name === 'RegistryError' ? cause : new TypeError('fetch failed', { cause }));

/**
 * Returns the next request if the response is a redirect.
 * @param {Outgoing} outgoing
 * @param {Message} message
 * @returns {Outgoing | undefined}
 */
function redirected(outgoing, { statusCode = 0, headers: { location } }) {
  if (!REDIRECTS.includes(statusCode) || location === undefined) return undefined;
  const { method, url } = outgoing;
  const next = { ...outgoing, url: joined(location, url) };
  if (statusCode === 303 ? !['GET', 'HEAD'].includes(method) : statusCode < 303 && method === 'POST') {
    Object.assign(next, { method: 'GET', body: undefined });
    next.fields = filtered(next.fields, (name) => !name.startsWith('content-'));
  }
  if (typeof next.body === 'function') throw failed(new Error('a streamed body cannot be sent again'));
  if (next.url.origin !== url.origin) next.fields = filtered(next.fields, (name) => !OF_ORIGIN.includes(name));
  return next;
}

/**
 * @param {string} location
 * @param {URL} base
 */
function joined(location, base) {
  const url = URL.canParse(location, base.href) ? new URL(location, base) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol)) return url;
  throw failed(new Error('a redirect to something other than http or https'));
}

/**
 * @param {Outgoing} outgoing
 * @param {Message} message
 * @param {Incoming | Uint8Array} body
 * @param {boolean} wasRedirected
 */
function responseOf({ method, url, signal }, message, body, wasRedirected) {
  const status = message.statusCode ?? 0;
  const isBare = method === 'HEAD' || WITHOUT_BODY.includes(status);
  const fields = message.rawHeaders;
  let response;
  try {
    const headers = new Headers();
    for (let at = 0; at < fields.length; at += 2) headers.append(fields[at], fields[at + 1]);
    const content = body instanceof Incoming ? streamOf(body, signal) : /** @type {BodyInit} */ (body);
    response = new Response(isBare ? null : content, { status, statusText: message.statusMessage, headers });
  } catch (cause) {
    if (body instanceof Incoming) body.cancel();
    throw failed(cause);
  }
  const { href } = Object.assign(new URL(url), { hash: '' });
  const values = { url: href, redirected: wasRedirected, type: 'basic' };
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(response, name, { value, enumerable: true });
  return response;
}

/**
 * @param {Incoming} incoming
 * @param {AbortSignal} signal
 */
function streamOf(incoming, signal) {
  /** @param {ReadableStreamDefaultController} controller */
  const pull = async (controller) => {
    try {
      const { done, value } = await incoming.read();
      if (done) controller.close();
      else controller.enqueue(value);
    } catch (cause) {
      controller.error(signal.aborted ? signal.reason : new TypeError('terminated', { cause }));
    }
  };
  return new ReadableStream({ pull, cancel: () => incoming.cancel() }, { highWaterMark: 0 });
}
