// Sends requests with node:http, node:https and node:http2.

import { ACCEPTED } from './decode.js';
import { fieldOf } from './fields.js';
import { Flight } from './flight.js';
import { Routes } from './routes.js';

/**
 * @import { Settings } from '../fetch.js'
 * @import { Listener } from './flight.js'
 * @import { Incoming } from './incoming.js'
 * @import { Pull } from './outgoing.js'
 */

/** Fields that every request has, as with other kinds of `fetch`. */
const USUAL = [
  ['accept', '*/*'],
  ['user-agent', 'docker-registry-client-wasm'],
];

/** Requests over connections of its own. */
export class Transport {
  /** @param {Settings} settings */
  constructor(settings) {
    this.routes = new Routes(settings);
    this.active = 0;
    /** @type {(() => void)[]} */
    this.waiting = [];
  }

  /**
   * Sends a request.
   * @param {string} method
   * @param {string} url http or https, without user info
   * @param {string[]} fields added to
   * @param {Uint8Array | Pull | undefined} body
   * @param {Omit<Listener, 'ended'>} listener
   */
  send(method, url, fields, body, { answered, failed }) {
    const end = originEnd(url);
    const fragment = url.indexOf('#', end);
    const rest = url.slice(end, fragment === -1 ? undefined : fragment);
    const target = rest.startsWith('/') ? rest : `/${rest}`;
    for (const [name, value] of USUAL) if (fieldOf(fields, name) === undefined) fields.push(name, value);
    if (fieldOf(fields, 'accept-encoding') === undefined) {
      // A range is one of the encoded bytes.
      fields.push('accept-encoding', fieldOf(fields, 'range') === undefined ? ACCEPTED : 'identity');
    }
    const route = this.routes.to(url.slice(0, end));
    this.active += 1;
    return new Flight({ route, method, target, fields, body }, { answered, failed, ended: () => this.leave() });
  }

  leave() {
    this.active -= 1;
    if (this.active === 0) for (const go of this.waiting.splice(0)) go();
  }

  /** Waits for the requests under way, then closes all connections. */
  async close() {
    if (this.active > 0) await new Promise((resolve) => this.waiting.push(() => resolve(undefined)));
    this.routes.close();
  }
}

/** @param {string} url */
function originEnd(url) {
  const start = url.indexOf('://') + 3;
  const length = url.slice(start).search(/[/?#]/);
  return length === -1 ? url.length : start + length;
}
