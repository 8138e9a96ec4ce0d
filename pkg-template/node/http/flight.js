// One request on its way, and its response.

import { closeIdle, isUnanswered, isUnconnected, limitIdle } from './agents.js';
import { codingsOf, decoded } from './decode.js';
import { fieldOf } from './fields.js';
import { Incoming } from './incoming.js';
import { pump } from './outgoing.js';
import { refusal, unreachable } from './tunnel.js';

/**
 * @import { ClientRequest, IncomingMessage } from 'node:http'
 * @import { Pull } from './outgoing.js'
 * @import { Route } from './routes.js'
 */

/**
 * @typedef {object} Sending
 * @property {Route} route
 * @property {string} method
 * @property {string} target path and query
 * @property {string[]} fields without those of the route and the length of bytes
 * @property {Uint8Array | Pull} [body] bytes, or a function that gives the next ones each time
 */

/**
 * @typedef {object} Listener
 * @property {(message: IncomingMessage, body: Incoming | Uint8Array) => void} answered `body`: the bytes if all of them have arrived
 * @property {(error: unknown) => void} failed
 * @property {() => void} ended nothing is left to do
 */

/** Repeating these does no harm (RFC 9110 §9.2.2). */
const IDEMPOTENT = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'];
/** The codes of a connection that the server closed while it was idle. */
const CLOSED = ['ECONNRESET', 'EPIPE'];
/** Methods whose requests need no `Content-Length` if they have no body (RFC 9110 §8.6). */
const BODILESS = ['GET', 'HEAD', 'DELETE', 'OPTIONS'];
/** OpenSSL's reasons if a server answers without TLS; the code alone does not tell. */
const NO_TLS = /wrong version number|packet length too long/;
const NOTHING = new Uint8Array();

/** A request. It calls `answered` or `failed` once, unless it is aborted before; then `ended` once. */
export class Flight {
  /**
   * @param {Sending} sending
   * @param {Listener} listener
   */
  constructor(sending, listener) {
    this.sending = sending;
    /** @type {Listener | undefined} undefined at the end */
    this.listener = listener;
    this.isAwaited = true;
    this.mayRepeat = IDEMPOTENT.includes(sending.method) && typeof sending.body !== 'function';
    /** @type {{ stop?: () => void }} how to give up the tunnel that it waits for */
    this.opening = {};
    /** @type {ClientRequest | undefined} */
    this.request = undefined;
    /** @type {IncomingMessage | undefined} */
    this.message = undefined;
    this.start();
  }

  start() {
    const { route, method, target, body } = this.sending;
    try {
      const request = route.request({
        agent: route.agent,
        host: route.host,
        port: route.port,
        method,
        path: route.prefix + target,
        headers: headersOf(this.sending),
        // @ts-expect-error Node passes it on to the pool.
        opening: this.opening,
      });
      this.request = request;
      // Their size is limited. Of very many, Node would leave out the last ones.
      request.maxHeadersCount = 0;
      request.on('error', (error) => {
        if (request === this.request) this.fail(error);
      });
      // Node tells of no error if the server switches to another protocol.
      request.on('close', () => {
        if (request === this.request) this.fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
      });
      request.on('response', (message) => {
        this.message = message;
        // By then the parser has read what has arrived: mostly the whole response.
        process.nextTick(() => this.answer(message));
      });
      if (typeof body === 'function') pump(body, request);
      else request.end(body);
    } catch (error) {
      // The caller has no result of the constructor yet.
      process.nextTick(() => this.fail(error));
    }
  }

  /** @param {IncomingMessage} message */
  answer(message) {
    const { listener, sending } = this;
    if (!listener || !this.isAwaited) return;
    const { rawHeaders } = message;
    if (sending.route.proxy && message.statusCode === 407) {
      this.request?.destroy();
      this.lose(refusal(message));
      return;
    }
    const keepAlive = fieldOf(rawHeaders, 'keep-alive');
    if (keepAlive) limitIdle(message.socket, keepAlive);
    this.isAwaited = false;
    const isThere = message.complete;
    const codings = isThere && message.readableLength === 0 ? [] : codingsOf(fieldOf(rawHeaders, 'content-encoding'));
    if (isThere && codings.length === 0) {
      const bytes = message.read();
      this.end();
      listener.answered(message, bytes ?? NOTHING);
      return;
    }
    const source = codings.length === 0 ? message : decoded(message, codings);
    // One read of the connection may hold many chunks.
    const isShared = source !== message || fieldOf(rawHeaders, 'transfer-encoding') !== undefined;
    listener.answered(message, new Incoming(source, isShared, this));
  }

  /** @param {any} error */
  fail(error) {
    // Bytes after a complete response, such as a body of a response to HEAD, only close the connection.
    if (!this.listener || !this.isAwaited || this.message?.complete) return;
    const { request, sending } = this;
    if (this.mayRepeat && request?.reusedSocket && CLOSED.includes(error.code) && isUnanswered(request.socket)) {
      this.mayRepeat = false;
      closeIdle(sending.route.agent);
      this.start();
      return;
    }
    if (error.code === 'EPROTO' && NO_TLS.test(error.message)) error.code = 'ERR_SSL_WRONG_VERSION_NUMBER';
    this.lose(sending.route.proxy && isUnconnected(request?.socket) ? unreachable(sending.route, error) : error);
  }

  /** @param {unknown} error */
  lose(error) {
    const { listener } = this;
    this.isAwaited = false;
    this.end();
    listener?.failed(error);
  }

  /** Gives up what is still to come. */
  abort() {
    const { opening, request } = this;
    if (!this.listener) return;
    this.isAwaited = false;
    this.end();
    opening.stop?.();
    request?.destroy();
  }

  end() {
    const { listener, request } = this;
    this.listener = undefined;
    // A server that has answered needs no more of the body.
    if (request && !request.writableEnded) request.destroy();
    listener?.ended();
  }
}

/** @param {Sending} sending */
function headersOf({ route, method, fields, body }) {
  const headers = fieldOf(fields, 'host') === undefined ? ['host', route.authority, ...fields] : [...fields];
  if (route.fields.length > 0) headers.push(...route.fields);
  if (body instanceof Uint8Array) headers.push('content-length', `${body.length}`);
  else if (body === undefined && !BODILESS.includes(method)) headers.push('content-length', '0');
  return headers;
}
