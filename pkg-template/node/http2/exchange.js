// A request and its response as a stream of an HTTP/2 session.

import { validateHeaderName, validateHeaderValue } from 'node:http';
import { addAbortSignal } from 'node:stream';

import { lengthOf } from '../http/exchange.js';
import { Gathered } from '../http/gathered.js';
import { pump } from '../http/outgoing.js';

/**
 * @import { ClientHttp2Stream } from 'node:http2'
 * @import { Flight, Message, Sending } from '../http/flight.js'
 * @import { Session } from './session.js'
 */

/** Error codes (RFC 9113 §7); node:http2 is loaded only when it is needed. */
const REFUSED_STREAM = 0x7;
const CANCEL = 0x8;
const HTTP_1_1_REQUIRED = 0xd;
/** Fields of one HTTP/1.1 connection (RFC 9113 §8.2.2); `te` has no use without trailers. */
const OF_CONNECTION = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
];
/** Node's codes of a stream or session that ended early. */
const RESET = ['ERR_HTTP2_STREAM_ERROR', 'ERR_HTTP2_SESSION_ERROR', 'ERR_HTTP2_STREAM_CANCEL'];

const aborted = () => Object.assign(new Error('aborted'), { code: 'ECONNRESET' });

export class Exchange {
  /**
   * @param {Session} session
   * @param {Flight} flight
   */
  constructor(session, flight) {
    this.session = session;
    this.flight = flight;
    this.hasHead = false;
    /** True once all of the body has arrived. */
    this.isWhole = false;
    const { body } = flight.sending;
    /** @type {ClientHttp2Stream} */
    this.stream = session.client.request(headersOf(flight.sending), { endStream: body === undefined });
    const { stream } = this;
    this.watchEnd();
    stream.on('response', (/** @type {any} */ fields, _flags, rawHeaders) => {
      this.hasHead = true;
      // By then what arrived with it has been read: mostly the whole body.
      setImmediate(() => this.answer(fields, rawHeaders));
    });
    stream.on('pause', () => session.unawait(this));
    stream.on('resume', () => {
      if (!stream.destroyed) session.await(this);
    });
    stream.on('error', (/** @type {any} */ error) => {
      if (RESET.includes(error.code)) error.code = 'ECONNRESET';
    });
    stream.on('close', () => {
      const { isUnanswered } = session;
      session.release(this);
      if (!this.hasHead || stream.errored) this.fail(stream.errored ?? aborted(), isUnanswered);
    });
    if (typeof body === 'function') pump(body, stream);
    else if (body) stream.end(body);
  }

  /**
   * Node takes resets with NO_ERROR and CANCEL for the end of the body, also before the response; then it waits for the
   * rest of the request to be sent. The end itself comes while the stream is open; without it, the stream only closes.
   */
  watchEnd() {
    const { stream } = this;
    const { push } = stream;
    stream.push = (/** @type {any} */ chunk) => {
      if (chunk === null && !this.isWhole) {
        if (stream.closed) {
          process.nextTick(() => stream.destroy(aborted()));
          return false;
        }
        this.isWhole = true;
      }
      return push.call(stream, chunk);
    };
  }

  /**
   * @param {any} fields
   * @param {string[]} rawHeaders
   */
  answer({ ':status': statusCode, 'content-length': length, location }, rawHeaders) {
    const { flight, stream } = this;
    if (!flight.isAwaited || stream.errored) return;
    /** @type {Message} */
    const message = { statusCode, statusMessage: '', rawHeaders: rawHeaders.slice(2), headers: { location } };
    const isThere = this.isWhole || stream.readableLength === Number(length);
    flight.answer(message, stream, isThere, () => new Gathered(stream, true, flight));
  }

  /**
   * @param {Error} error
   * @param {boolean} isUnanswered
   */
  fail(error, isUnanswered) {
    const { flight, hasHead, session, stream } = this;
    if (flight.carrier !== this || !flight.isAwaited) return;
    const { rstCode } = stream;
    const needsHttp1 = rstCode === HTTP_1_1_REQUIRED;
    if (needsHttp1) session.sessions.leave();
    const isUnprocessed = rstCode === REFUSED_STREAM || Number(stream.id) > session.lastStream;
    const isHarmless = (needsHttp1 || isUnanswered) && flight.mayRepeat;
    if (!hasHead && (isHarmless || (isUnprocessed && flight.mayResend))) flight.repeat();
    else flight.fail(error);
  }

  abort() {
    const { session, stream } = this;
    if (!stream.destroyed) stream.close(CANCEL);
    // Later requests would wait for a connection that is dead.
    session.check();
  }

  leave() {
    const { stream } = this;
    // A server that has answered needs no more of the body. close() would end it first, so that the server took it for whole; of all
    // errors, Node takes only its own of an abort for a cancellation.
    if (!stream.writableEnded) addAbortSignal(AbortSignal.abort(), stream);
    // It closes once it is read.
    else if (!stream.readableEnded) stream.resume();
  }
}

/** @param {Sending} sending */
function headersOf({ route, method, target, fields, body }) {
  /** @type {Record<string, string | string[]>} */
  const headers = Object.assign(Object.create(null), {
    ':method': method,
    ':scheme': 'https',
    ':authority': route.authority,
    ':path': target,
  });
  for (let at = 0; at < fields.length; at += 2) {
    const value = fields[at + 1];
    validateHeaderName(fields[at]);
    validateHeaderValue(fields[at], value);
    const name = fields[at].toLowerCase();
    if (OF_CONNECTION.includes(name)) continue;
    headers[name] = name in headers ? [headers[name], value].flat() : value;
  }
  const length = lengthOf(method, body);
  if (length !== undefined) headers['content-length'] = `${length}`;
  return headers;
}
