// The HTTP/2 sessions to an origin. Requests share a session as far as the server lets them. The first connection asks the
// server for its protocol; if that is HTTP/1.1, the connection and all later requests are the pool's.

import { Session } from './session.js';
import { shakeHands } from './handshake.js';

/**
 * @import { TLSSocket } from 'node:tls'
 * @import { Flight } from '../http/flight.js'
 * @import { Route } from '../http/routes.js'
 */

/** Concurrent requests of a session before the server has told its limit (RFC 9113 §6.5.2 recommends no less). */
const USUAL_LIMIT = 100;

export class Sessions {
  /** @param {Route} route */
  constructor(route) {
    this.route = route;
    /** True once the server has chosen HTTP/1.1. */
    this.isHttp1 = false;
    this.limit = USUAL_LIMIT;
    /** @type {Session[]} that take requests */
    this.usable = [];
    /** @type {Flight[]} */
    this.waiting = [];
    /** @type {Set<() => void>} what gives up connections that are not usable yet */
    this.openings = new Set();
  }

  get isUnused() {
    return this.usable.length + this.openings.size === 0;
  }

  /** @param {Flight} flight */
  carry(flight) {
    if (this.isHttp1) {
      flight.useHttp1();
      return;
    }
    const session = this.free(flight);
    if (session) {
      session.carry(flight);
      return;
    }
    flight.carrier = { leave() {}, abort: () => this.drop(flight) };
    this.waiting.push(flight);
    this.open();
  }

  /**
   * Returns a session that can take the request.
   * @param {Flight} flight
   */
  free(flight) {
    return this.usable.find((session) => session.room > 0 && session.admits(flight));
  }

  /** Opens as many connections as the waiting requests need. */
  open() {
    while (this.waiting.length > this.places()) {
      const stop = shakeHands(this.route, (error, socket) => this.opened(stop, error, socket));
      this.openings.add(stop);
    }
  }

  /** Returns how many of the waiting requests can expect a session. */
  places() {
    const checked = this.usable.filter(({ isChecked }) => isChecked);
    return checked.reduce((sum, { room }) => sum + room, this.openings.size * this.limit);
  }

  /**
   * @param {() => void} stop
   * @param {unknown} error
   * @param {TLSSocket} [socket]
   */
  async opened(stop, error, socket) {
    if (!socket) {
      this.openings.delete(stop);
      const excess = Math.max(0, this.waiting.length - this.places());
      for (const flight of this.waiting.splice(0, excess)) flight.fail(error);
    } else if (socket.alpnProtocol === 'h2') {
      await this.start(stop, socket);
    } else {
      this.openings.delete(stop);
      this.fallBack(socket);
    }
  }

  /**
   * @param {() => void} stop
   * @param {TLSSocket} socket
   */
  async start(stop, socket) {
    /** @type {Error | undefined} */
    let failure;
    const failed = (/** @type {Error} */ error) => {
      failure = error;
    };
    socket.on('error', failed);
    // It takes some milliseconds, and many servers do without it.
    const { connect } = await import('node:http2');
    socket.off('error', failed);
    if (!this.openings.has(stop)) return;
    if (socket.destroyed) {
      this.opened(stop, failure ?? Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
      return;
    }
    this.openings.delete(stop);
    this.usable.push(new Session(this, connect, socket));
    this.serve();
  }

  /**
   * Gives the connection to the pool, and with it the waiting requests.
   * @param {TLSSocket} socket
   */
  fallBack(socket) {
    this.isHttp1 = true;
    /** @type {any} */
    const pool = this.route.agent;
    pool.spare = socket;
    for (const flight of this.waiting.splice(0)) flight.useHttp1();
    if (pool.spare) socket.destroy();
    pool.spare = undefined;
  }

  /** Gives waiting requests to sessions. */
  serve() {
    for (const flight of this.waiting.splice(0)) this.carry(flight);
  }

  /** @param {Flight} flight */
  drop(flight) {
    const at = this.waiting.indexOf(flight);
    if (at >= 0) this.waiting.splice(at, 1);
    if (this.waiting.length === 0) this.stop();
  }

  stop() {
    for (const stop of this.openings) stop();
    this.openings.clear();
  }

  /**
   * The session takes no more requests.
   * @param {Session} session
   */
  retire(session) {
    const at = this.usable.indexOf(session);
    if (at >= 0) this.usable.splice(at, 1);
    // They may have waited for it.
    this.open();
  }

  /** The server wants HTTP/1.1 (RFC 9113 §7, HTTP_1_1_REQUIRED). */
  leave() {
    this.isHttp1 = true;
    this.stop();
    for (const flight of this.waiting.splice(0)) flight.useHttp1();
  }

  /** Closes all connections. */
  close() {
    this.stop();
    for (const session of [...this.usable]) session.close();
  }
}
