// One HTTP/2 session: a connection that many requests share (RFC 9113).

import { Exchange } from './exchange.js';

/**
 * @import { ClientHttp2Session } from 'node:http2'
 * @import { TLSSocket } from 'node:tls'
 * @import { Flight } from '../http/flight.js'
 * @import { Sessions } from './sessions.js'
 */

/** Milliseconds that an idle session is kept. */
const IDLE_LIMIT = 60_000;
/** Milliseconds after which an idle session may be gone without anyone having told: Node's servers close it after five seconds. */
const STALE = 4_000;
/**
 * Milliseconds of silence after which a session with requests has to prove that it is alive. Node 20 does not tell if it stops
 * reading because of a malformed frame.
 */
const SILENCE = 5_000;
/** Milliseconds for the answer to a PING. */
const PING_LIMIT = 5_000;
/** Bytes that a server may send ahead of the reader of a body: 80 MiB/s at 50 ms. Node's 64 KiB allow 1.3 MiB/s. */
const STREAM_WINDOW = 4 << 20;
/** The same for all bodies together. Node returns it as the bytes arrive, so that no body stops another. */
const SESSION_WINDOW = 16 << 20;
const OPTIONS = {
  settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
  // The size of all fields is limited.
  maxHeaderListPairs: 4_096,
  maxSessionMemory: 256,
};

export class Session {
  /**
   * @param {Sessions} sessions
   * @param {typeof import('node:http2').connect} connect
   * @param {TLSSocket} socket
   */
  constructor(sessions, connect, socket) {
    this.sessions = sessions;
    this.socket = socket;
    /** Requests under way. */
    this.active = 0;
    /** @type {Set<Exchange>} those that keep the process alive */
    this.holders = new Set();
    /** The number of bytes that the connection had received when the session became idle; undefined before. */
    this.received = /** @type {number | undefined} */ (undefined);
    /** True while the answer to a PING is awaited. */
    this.isChecked = false;
    /** True while it keeps the process alive. */
    this.isHeld = true;
    this.idleSince = 0;
    /** @type {NodeJS.Timeout | undefined} */
    this.timer = undefined;
    /** @type {NodeJS.Timeout | undefined} */
    this.pingTimer = undefined;
    /** Streams above it were not processed. */
    this.lastStream = Number.POSITIVE_INFINITY;
    const { authority } = sessions.route;
    /** @type {ClientHttp2Session} */
    this.client = connect(`https://${authority}`, { ...OPTIONS, createConnection: () => socket });
    const { client } = this;
    client.setLocalWindowSize(SESSION_WINDOW);
    client.on('remoteSettings', ({ maxConcurrentStreams = Number.POSITIVE_INFINITY }) => {
      sessions.limit = Math.max(1, maxConcurrentStreams);
      sessions.serve();
    });
    client.on('goaway', (_code, lastStream) => {
      this.lastStream = lastStream;
      sessions.retire(this);
    });
    client.setTimeout(SILENCE, () => {
      if (this.active > 0) this.check();
    });
    client.on('close', () => sessions.retire(this));
    // Its requests tell.
    client.on('error', () => sessions.retire(this));
    this.idle();
    setImmediate(() => this.letGo());
  }

  /** The number of requests that it takes now. */
  get room() {
    return this.sessions.limit - this.active;
  }

  /** True if the connection has received nothing since it was idle: the server closed it before it saw the request. */
  get isUnanswered() {
    return this.received === this.socket.bytesRead;
  }

  /**
   * Returns true if the request may be sent at once: a request that cannot be repeated waits until a session that was idle
   * for long has proved to be alive.
   * @param {Flight} flight
   */
  admits(flight) {
    if (this.active === 0 && performance.now() - this.idleSince > STALE) this.check();
    if (!this.isChecked || flight.mayRepeat) return true;
    this.hold();
    this.pingTimer?.ref();
    return false;
  }

  /** Closes the session if the server does not answer. */
  check() {
    const { client } = this;
    if (this.isChecked || client.destroyed) return;
    this.isChecked = true;
    this.pingTimer = setTimeout(() => {
      client.destroy(Object.assign(new Error('PING ETIMEDOUT'), { code: 'ETIMEDOUT' }));
    }, PING_LIMIT).unref();
    client.ping((error) => {
      clearTimeout(this.pingTimer);
      this.isChecked = false;
      if (error) return;
      this.rest();
      this.sessions.serve();
    });
  }

  /** @param {Flight} flight */
  carry(flight) {
    const { client, sessions } = this;
    if (client.closed || client.destroyed) {
      sessions.retire(this);
      sessions.carry(flight);
      return;
    }
    try {
      const exchange = new Exchange(this, flight);
      flight.carrier = exchange;
      this.active += 1;
      this.await(exchange);
    } catch (error) {
      process.nextTick(() => flight.fail(error));
    }
  }

  /**
   * Someone waits for the response.
   * @param {Exchange} exchange
   */
  await(exchange) {
    this.holders.add(exchange);
    this.hold();
  }

  /**
   * Nobody waits for the response: as over HTTP/1.1, a body that is not read does not keep the process alive.
   * @param {Exchange} exchange
   */
  unawait(exchange) {
    this.holders.delete(exchange);
    this.rest();
  }

  /**
   * A request has ended.
   * @param {Exchange} exchange
   */
  release(exchange) {
    this.active -= 1;
    this.holders.delete(exchange);
    this.rest();
    if (this.sessions.waiting.length > 0) this.sessions.serve();
  }

  rest() {
    if (this.holders.size > 0 || this.isChecked || this.client.destroyed) return;
    setImmediate(() => this.letGo());
    if (this.active > 0) return;
    this.received = this.socket.bytesRead;
    this.idle();
  }

  idle() {
    this.idleSince = performance.now();
    this.watch();
  }

  /** Keeps the process alive. */
  hold() {
    if (!this.isHeld) this.client.ref();
    this.isHeld = true;
  }

  /** Called late: where requests follow each other, Node would take its time to end and go on again. */
  letGo() {
    if (!this.isHeld || this.holders.size > 0 || this.isChecked) return;
    this.client.unref();
    this.isHeld = false;
  }

  /** Closes the session once it has been idle for long. One timer serves many requests. */
  watch() {
    if (this.timer) return;
    const left = this.idleSince + IDLE_LIMIT - performance.now();
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.active > 0 || this.isChecked) return;
      if (performance.now() - this.idleSince >= IDLE_LIMIT) this.close();
      else this.watch();
    }, left).unref();
  }

  close() {
    clearTimeout(this.timer);
    this.sessions.retire(this);
    this.client.close();
  }
}
