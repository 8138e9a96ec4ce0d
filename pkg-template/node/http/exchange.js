// A request and its response over HTTP/1.1.

import { closeIdle, isUnanswered, isUnconnected, limitIdle } from './agents.js';
import { fieldOf } from './fields.js';
import { Gathered } from './gathered.js';
import { Incoming } from './incoming.js';
import { pump } from './outgoing.js';
import { refusal, unreachable } from './tunnel.js';

/**
 * @import { ClientRequest, IncomingMessage } from 'node:http'
 * @import { Flight, Sending } from './flight.js'
 */

/** The codes of a connection that the server closed while it was idle. */
const CLOSED = ['ECONNRESET', 'EPIPE'];
/** Methods whose requests need no `Content-Length` if they have no body (RFC 9110 §8.6). */
const BODILESS = ['GET', 'HEAD', 'DELETE', 'OPTIONS'];

export class Exchange {
  /** @param {Flight} flight */
  constructor(flight) {
    this.flight = flight;
    /** @type {{ stop?: () => void }} how to give up the tunnel that it waits for */
    this.opening = {};
    /** @type {IncomingMessage | undefined} */
    this.message = undefined;
    const { sending } = flight;
    const { route, method, target, body } = sending;
    /** @type {ClientRequest} */
    this.request = route.request({
      agent: route.agent,
      host: route.host,
      port: route.port,
      method,
      path: route.prefix + target,
      headers: headersOf(sending),
      // @ts-expect-error Node passes it on to the pool.
      opening: this.opening,
    });
    const { request } = this;
    // Their size is limited. Of very many, Node would leave out the last ones.
    request.maxHeadersCount = 0;
    request.on('error', (error) => this.fail(error));
    // Node tells of no error if the server switches to another protocol.
    request.on('close', () => this.fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    request.on('response', (message) => {
      this.message = message;
      // By then the parser has read what has arrived: mostly the whole response.
      process.nextTick(() => this.answer(message));
    });
    if (typeof body === 'function') pump(body, request);
    else request.end(body);
  }

  /** @param {IncomingMessage} message */
  answer(message) {
    const { flight, request } = this;
    if (!flight.isAwaited) return;
    const { rawHeaders } = message;
    if (flight.sending.route.proxy && message.statusCode === 407) {
      request.destroy();
      flight.lose(refusal(message));
      return;
    }
    const keepAlive = fieldOf(rawHeaders, 'keep-alive');
    if (keepAlive) limitIdle(message.socket, keepAlive);
    flight.answer(message, message, message.complete, () => {
      // One read of the connection may hold many chunks.
      const isShared = fieldOf(rawHeaders, 'transfer-encoding') !== undefined;
      const Reader = message.socket && 'encrypted' in message.socket ? Gathered : Incoming;
      return new Reader(message, isShared, flight);
    });
  }

  /** @param {any} error */
  fail(error) {
    const { flight, request } = this;
    // Bytes after a complete response, such as a body of a response to HEAD, only close the connection.
    if (flight.carrier !== this || !flight.isAwaited || this.message?.complete) return;
    const { route } = flight.sending;
    if (flight.mayRepeat && request.reusedSocket && CLOSED.includes(error.code) && isUnanswered(request.socket)) {
      closeIdle(route.agent);
      flight.repeat();
      return;
    }
    flight.fail(route.proxy && isUnconnected(request.socket) ? unreachable(route, error) : error);
  }

  abort() {
    this.opening.stop?.();
    this.request.destroy();
  }

  leave() {
    // A server that has answered needs no more of the body.
    if (!this.request.writableEnded) this.request.destroy();
  }
}

/** @param {Sending} sending */
function headersOf({ route, method, fields, body }) {
  const headers = fieldOf(fields, 'host') === undefined ? ['host', route.authority, ...fields] : [...fields];
  if (route.fields.length > 0) headers.push(...route.fields);
  const length = lengthOf(method, body);
  if (length !== undefined) headers.push('content-length', `${length}`);
  return headers;
}

/**
 * Returns the value of `Content-Length`, if the request has the field.
 * @param {string} method
 * @param {Sending['body']} body
 */
export function lengthOf(method, body) {
  if (body instanceof Uint8Array) return body.length;
  return body === undefined && !BODILESS.includes(method) ? 0 : undefined;
}
