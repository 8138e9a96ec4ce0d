// One request on its way, and its response. An exchange carries it over HTTP/1.1 or HTTP/2.

import { codingsOf, decoded } from './decode.js';
import { Exchange } from './exchange.js';
import { fieldOf } from './fields.js';
import { Incoming } from './incoming.js';

/**
 * @import { Readable } from 'node:stream'
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
 * @typedef {object} Message the head of a response
 * @property {number} [statusCode]
 * @property {string} [statusMessage]
 * @property {string[]} rawHeaders names and values in turn
 * @property {{ location?: string }} headers
 */

/**
 * @typedef {object} Carrier
 * @property {() => void} leave the response is complete, or nobody wants more of it
 * @property {() => void} abort
 */

/**
 * @typedef {object} Listener
 * @property {(message: Message, body: Incoming | Uint8Array) => void} answered `body`: the bytes if all of them have arrived
 * @property {(error: unknown) => void} failed
 * @property {() => void} ended nothing is left to do
 */

/** Repeating these does no harm (RFC 9110 §9.2.2). */
const IDEMPOTENT = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'];
/** How often a request is sent again that no server has processed. */
const MOST_REPEATS = 5;
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
    this.repeats = 0;
    /** @type {Carrier | undefined} */
    this.carrier = undefined;
    this.start();
  }

  /** True if the request may be sent again although a server may have processed it. */
  get mayRepeat() {
    const { method, body } = this.sending;
    return this.repeats === 0 && IDEMPOTENT.includes(method) && typeof body !== 'function';
  }

  /** True if the request may be sent again because no server has processed it. */
  get mayResend() {
    return this.repeats < MOST_REPEATS && typeof this.sending.body !== 'function';
  }

  start() {
    const { sessions } = this.sending.route;
    // TLS would ask for the name in the field.
    if (sessions && fieldOf(this.sending.fields, 'host') === undefined) sessions.carry(this);
    else this.useHttp1();
  }

  useHttp1() {
    try {
      this.carrier = new Exchange(this);
    } catch (error) {
      // The caller has no result of the constructor yet.
      process.nextTick(() => this.fail(error));
    }
  }

  repeat() {
    this.repeats += 1;
    this.start();
  }

  /**
   * @param {Message} message
   * @param {Readable} body
   * @param {boolean} isThere true if the whole body has arrived
   * @param {(flight: Flight) => Incoming} reader makes the reader of a body without codings
   */
  answer(message, body, isThere, reader) {
    const { listener } = this;
    if (!listener || !this.isAwaited) return;
    this.isAwaited = false;
    const isEmpty = isThere && body.readableLength === 0;
    const codings = isEmpty ? [] : codingsOf(fieldOf(message.rawHeaders, 'content-encoding'));
    if (isThere && codings.length === 0) {
      const bytes = body.read();
      this.end();
      listener.answered(message, bytes ?? NOTHING);
      return;
    }
    listener.answered(message, codings.length === 0 ? reader(this) : new Incoming(decoded(body, codings), true, this));
  }

  /** @param {any} error */
  fail(error) {
    if (!this.listener || !this.isAwaited) return;
    if (error.code === 'EPROTO' && NO_TLS.test(error.message)) error.code = 'ERR_SSL_WRONG_VERSION_NUMBER';
    this.lose(error);
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
    if (!this.listener) return;
    this.isAwaited = false;
    this.end();
    this.carrier?.abort();
  }

  end() {
    const { listener } = this;
    this.listener = undefined;
    this.carrier?.leave();
    listener?.ended();
  }
}
