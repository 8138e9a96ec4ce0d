// A connection whose server chooses between HTTP/2 and HTTP/1.1 (ALPN, RFC 7301).

import { isIP } from 'node:net';

/** @import { TLSSocket } from 'node:tls' */
/** @import { Route } from '../http/routes.js' */

const OFFERED = ['h2', 'http/1.1'];

/**
 * Connects as the route's pool does: with its certificates, and through its proxy. Returns a function that gives it up.
 * @param {Route} route
 * @param {(error: unknown, socket?: TLSSocket) => void} done called once and later, unless it was given up
 */
export function shakeHands({ agent, host, port }, done) {
  /** @type {any} Node's types do not have its methods. */
  const pool = agent;
  /** @type {{ stop?: () => void }} */
  const opening = {};
  /** @type {TLSSocket | undefined} */
  let connection;
  let isDone = false;
  /**
   * @param {unknown} error
   * @param {TLSSocket} [socket]
   */
  const settle = (error, socket) => {
    if (isDone) return;
    isDone = true;
    done(error, socket);
  };
  /** @param {TLSSocket} socket */
  const follow = (socket) => {
    connection = socket;
    const closed = () => settle(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    socket.on('error', settle).on('close', closed);
    socket.once('secureConnect', () => {
      if (isDone) return;
      socket.off('error', settle).off('close', closed);
      settle(undefined, socket);
    });
    if (isDone) socket.destroy();
  };
  /**
   * @param {unknown} error
   * @param {TLSSocket} [socket]
   */
  const connected = (error, socket) => (socket ? follow(socket) : settle(error));
  const servername = isIP(host) ? '' : host;
  const options = { ...pool.options, host, port, path: null, servername, ALPNProtocols: OFFERED, opening };
  try {
    // The pool remembers TLS sessions by this name.
    options._agentKey = pool.getName(options);
    const socket = pool.createConnection(options, connected);
    if (socket) follow(socket);
  } catch (error) {
    process.nextTick(settle, error);
  }
  return () => {
    isDone = true;
    opening.stop?.();
    connection?.destroy();
  };
}
