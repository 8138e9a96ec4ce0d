// Calls `fetch`, and tells of the response, with one crossing of wasm's border each. Hosts and injected functions may
// misbehave: nothing that they do gets past here as an exception.

/** @import { Reader } from './body/reader.js' */
/** @import { directly } from '../../pkg-template/node/http/direct.js' */
/** @typedef {(id: number, status: number, fields: string, url: string | undefined, isCors: boolean, body: unknown, length: number) => void} Settled */
/** @typedef {() => Promise<Uint8Array | undefined>} Next */

/** What there is instead of a status; the numbers are send.rs's. */
const FAILED = 0;
const NO_OBJECT = 1;
const NETWORK_ERROR = 2;
const OPAQUE_REDIRECT = 3;
const OPAQUE = 4;
const NO_STATUS = 5;
const NO_HEADERS = 6;
const NO_BODY = 7;
const READ_BEFORE = 8;
const NO_STREAM = 9;

const { then } = Promise.prototype;
/** @type {RequestRedirect[]} */
const REDIRECTS = ['manual', 'follow', 'error'];
/** The property of a `fetch` that holds a shorter way to its transport (pkg-template/node/http/direct.js). */
const DIRECT = Symbol.for('docker-registry-client-wasm.direct.1');

/** Sends requests with one `fetch`, and tells `settled(id, status, fields, url, isCors, body, length)` of each. */
export class Sender {
  /** @param {typeof globalThis.fetch} fetch @param {Settled} settled */
  constructor(fetch, settled) {
    this.fetch = fetch;
    this.settled = settled;
    const direct = read(fetch, DIRECT);
    this.direct = typeof direct === 'function' ? /** @type {ReturnType<typeof directly>} */ (direct) : undefined;
  }

  get isDirect() {
    return this.direct !== undefined;
  }

  /**
   * `head` has one line each for method, URL, and names and values of the header fields. `body` is bytes, or a function
   * that gives the next ones each time. Returns what can abort the request.
   * @param {number} id
   * @param {string} head
   * @param {Uint8Array<ArrayBuffer> | Next | undefined} body
   * @param {number} redirect
   * @param {boolean} isPage
   * @param {boolean} isFresh
   * @param {boolean} isWindowless
   */
  send(id, head, body, redirect, isPage, isFresh, isWindowless) {
    const [method, url, ...fields] = head.split('\n');
    if (this.direct) return this.direct(method, url, fields, body, this.settled, id);
    /** @type {RequestInit & { duplex?: 'half' }} */
    const init = { method, headers: objectOf(fields), redirect: REDIRECTS[redirect] };
    if (typeof body === 'function') {
      init.body = outgoing(body);
      init.duplex = 'half';
      if (isWindowless) init.window = null;
    } else if (body) {
      init.body = body;
    }
    if (isPage) {
      // Prevents the browser's own login dialog.
      init.credentials = 'omit';
      // Registries and proxies send `Last-Modified` or `max-age` with tags and lists. `no-store` triggers no preflight.
      if (isFresh) init.cache = 'no-store';
    }
    return new Flight(this, id, url, init);
  }
}

class Flight {
  /** @param {Sender} sender @param {number} id @param {string} url @param {RequestInit} init */
  constructor({ fetch, settled }, id, url, init) {
    this.settled = settled;
    this.id = id;
    this.url = url;
    // No host is known to be without.
    this.controller = typeof AbortController === 'function' ? new AbortController() : undefined;
    init.signal = this.controller?.signal;
    /** @param {Response} response */
    const answered = (response) => this.answer(response);
    /** @param {unknown} reason */
    const failed = (reason) => this.tell(FAILED, reason);
    let called;
    try {
      called = fetch(url, init);
    } catch (thrown) {
      called = Promise.reject(thrown);
    }
    try {
      then.call(called, answered, failed);
    } catch {
      // No promise. What passes for one calls back as it likes; a promise of our own does so once, and later.
      new Promise((resolve) => resolve(called)).then(answered, failed);
    }
  }

  /**
   * @param {number} status
   * @param {unknown} [body]
   * @param {number} [length]
   * @param {string} [fields]
   * @param {string} [url]
   * @param {boolean} [isCors]
   */
  tell(status, body, length = -1, fields = '', url = undefined, isCors = false) {
    this.settled(this.id, status, fields, url, isCors, body, length);
  }

  /** @param {Response} response */
  answer(response) {
    if (typeof response !== 'object' || response === null) return this.tell(NO_OBJECT);
    const type = read(response, 'type');
    const status = /** @type {number} */ (read(response, 'status'));
    if (status === 0) {
      return this.tell(type === 'error' ? NETWORK_ERROR : type === 'opaqueredirect' ? OPAQUE_REDIRECT : OPAQUE);
    }
    if (!Number.isInteger(status) || status < 100 || status > 999) return this.tell(NO_STATUS);
    const fields = fieldsOf(/** @type {Headers} */ (read(response, 'headers')));
    if (fields === undefined) return this.tell(NO_HEADERS);
    const url = read(response, 'url');
    const other = typeof url === 'string' && url !== this.url ? url : undefined;
    let body;
    try {
      body = response.body;
    } catch {
      return this.tell(NO_BODY);
    }
    if (body === null) return this.tell(status, undefined, 0, fields, other, type === 'cors');
    try {
      body = readerOf(body, response);
    } catch {
      return this.tell(READ_BEFORE);
    }
    if (!body) return this.tell(NO_STREAM);
    return this.tell(status, body, -1, fields, other, type === 'cors');
  }

  abort() {
    this.controller?.abort();
  }
}

/** @param {object} object @param {PropertyKey} name @returns {unknown} */
function read(object, name) {
  try {
    return /** @type {Record<PropertyKey, unknown>} */ (object)[name];
  } catch {
    return undefined;
  }
}

/**
 * Several values of a field become a list.
 * @param {string[]} fields
 */
function objectOf(fields) {
  // Without a prototype, `__proto__` is an ordinary name.
  /** @type {Record<string, string>} */
  const object = Object.create(null);
  for (let at = 0; at < fields.length; at += 2) {
    const [name, value] = [fields[at], fields[at + 1]];
    object[name] = name in object ? `${object[name]}, ${value}` : value;
  }
  return object;
}

/** The fields of the registry protocols, for headers that cannot be listed. */
const KNOWN =
  'content-length content-range content-type content-encoding date docker-content-digest ' +
  'docker-distribution-api-version docker-ratelimit-source link location oci-filters-applied oci-subject range ' +
  'ratelimit ratelimit-limit ratelimit-policy ratelimit-remaining ratelimit-reset retry-after warning ' +
  'www-authenticate x-docker-registry-version x-docker-token x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset';

/**
 * name, LF, value, LF and so on; undefined if there are no headers. What no header can be is left out.
 * @param {Headers} headers
 */
function fieldsOf(headers) {
  let text = '';
  /** @param {unknown} value @param {unknown} name */
  const add = (value, name) => {
    if (typeof name === 'string' && typeof value === 'string' && !name.includes('\n') && !value.includes('\n')) {
      text += `${name}\n${value}\n`;
    }
  };
  try {
    if (typeof headers.forEach === 'function') headers.forEach(add);
    else for (const name of KNOWN.split(' ')) add(headers.get(name), name);
    return text;
  } catch {
    return undefined;
  }
}

/**
 * A reader of the body; undefined if there is no way to read it.
 * @param {Response['body'] | undefined} body
 * @param {Response} response
 * @returns {Reader | undefined}
 */
function readerOf(body, response) {
  if (typeof body?.getReader === 'function') return body.getReader();
  if (typeof response.arrayBuffer !== 'function') return undefined;
  let isRead = false;
  return {
    read: async () => {
      if (isRead) return { done: true };
      isRead = true;
      return { done: false, value: await response.arrayBuffer() };
    },
    cancel: async () => {},
  };
}

/**
 * Nothing is asked for ahead. `next()` resolves to bytes, or to undefined at the end; it rejects where there was none.
 * @param {Next} next
 */
function outgoing(next) {
  /** @param {ReadableStreamDefaultController} controller */
  const pull = async (controller) => {
    const bytes = await next();
    if (bytes) controller.enqueue(bytes);
    else controller.close();
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}
