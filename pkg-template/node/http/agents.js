// Connection pools. An idle connection closes before most servers close it, so that few requests meet a closed one.

import http from 'node:http';

import { https } from '../builtin.js';

/** @import { Socket } from 'node:net' */
/** @import { TLSSocket } from 'node:tls' */

/** Milliseconds for a connection and its handshake. */
const CONNECT_LIMIT = 10_000;
/** Milliseconds that an idle connection is kept: Node's servers close it after five seconds. */
const IDLE_LIMIT = 4_000;
/** The same where the server says for how long it keeps connections. */
const LONGEST_IDLE = 60_000;
/** Milliseconds before a server's own limit. */
const MARGIN = 1_000;

/** True once a connection is usable. */
const isConnected = Symbol('isConnected');
/** The number of bytes that a connection had received when it became idle. */
const received = Symbol('received');
/** The milliseconds after which it is closed when idle. */
const idleLimit = Symbol('idleLimit');

/**
 * @typedef {Socket & { [isConnected]?: boolean, [received]?: number, [idleLimit]?: number }} Pooled
 * @typedef {new (options: object) => any} AgentClass Node's types know nothing of what a pool may override
 */

/** Options of every pool. */
const POOL = { keepAlive: true, maxFreeSockets: Number.POSITIVE_INFINITY, scheduling: /** @type {const} */ ('lifo') };

/**
 * Keeps the connections of a pool as this module's head says.
 * @param {AgentClass} Agent
 * @param {string} connected the event after which a request can be sent
 * @returns {AgentClass}
 */
const pooling = (Agent, connected) =>
  class extends Agent {
    /** @type {Pooled | undefined} a connection that the next request takes instead of a new one */
    spare = undefined;

    /**
     * @param {any} options
     * @param {any} [callback]
     * @returns {any}
     */
    createConnection(options, callback) {
      const { spare } = this;
      if (spare) {
        this.spare = undefined;
        return spare;
      }
      const socket = /** @type {Pooled} */ (super.createConnection(options, callback));
      socket.setTimeout(CONNECT_LIMIT);
      socket.once(connected, () => {
        socket[isConnected] = true;
        socket.setTimeout(0);
      });
      socket.on('timeout', expired);
      return socket;
    }

    /** @param {any} socket */
    keepSocketAlive(socket) {
      const pooled = /** @type {Pooled} */ (socket);
      pooled.unref();
      pooled.setTimeout(pooled[idleLimit] ?? IDLE_LIMIT);
      pooled[received] = pooled.bytesRead;
      pooled.on('data', unexpected);
      return true;
    }

    /**
     * @param {any} socket
     * @param {any} request
     */
    reuseSocket(socket, request) {
      super.reuseSocket(socket, request);
      socket.off('data', unexpected);
      socket.setTimeout(0);
    }
  };

/**
 * The next request would take it for its response: some servers send a body after the response to HEAD.
 * @this {Pooled}
 */
function unexpected() {
  this.destroy();
}

/** @this {Pooled} */
function expired() {
  this.destroy(this[isConnected] ? undefined : Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' }));
}

/** A pool of plain connections. */
export class PlainAgent extends pooling(http.Agent, 'connect') {
  constructor() {
    super(POOL);
  }
}

/** @type {ReturnType<typeof createSecureAgent> | undefined} */
let SecureAgent;

/** Returns the class of pools of TLS connections. */
export const secureAgent = () => (SecureAgent ??= createSecureAgent());

const createSecureAgent = () =>
  class extends pooling(https().Agent, 'secureConnect') {
    /** @param {import('node:tls').ConnectionOptions} tls */
    constructor(tls) {
      super({ ...POOL, ALPNProtocols: ['http/1.1'], ...tls });
    }
  };

/**
 * Keeps the limit of the server's `Keep-Alive` field (RFC 9112 §9.3, appendix C.2.2).
 * @param {Pooled} socket
 * @param {string} field
 */
export function limitIdle(socket, field) {
  const seconds = /(?:^|[,\s])timeout=(\d+)/i.exec(field)?.[1];
  if (seconds !== undefined) socket[idleLimit] = Math.max(1, Math.min(Number(seconds) * 1000 - MARGIN, LONGEST_IDLE));
}

/**
 * Returns true if the connection was never up.
 * @param {Pooled | null | undefined} socket
 */
export const isUnconnected = (socket) => !socket?.[isConnected];

/**
 * Returns true if the connection has received nothing since it was idle: the server closed it before it saw the request.
 * @param {Pooled | null | undefined} socket
 */
export const isUnanswered = (socket) => socket?.[received] !== undefined && socket[received] === socket.bytesRead;

/**
 * Closes the idle connections of a pool.
 * @param {http.Agent} agent
 */
export function closeIdle({ freeSockets }) {
  for (const sockets of Object.values(freeSockets)) {
    for (const socket of [...(sockets ?? [])]) socket.destroy();
  }
}
