// Connections through a proxy: CONNECT (RFC 9110 §9.3.6), then TLS with the registry.

import { RegistryError } from '../../classes.js';
import { secureAgent } from './agents.js';

/** @import { ClientRequest, IncomingMessage } from 'node:http' */
/** @import { Socket } from 'node:net' */
/** @import { Route } from './routes.js' */

/** Milliseconds for the proxy to connect to the registry. */
const LIMIT = 30_000;

/** @type {ReturnType<typeof createTunnelAgent> | undefined} */
let TunnelAgent;

/** Returns the class of pools of TLS connections through a proxy. */
export const tunnelAgent = () => (TunnelAgent ??= createTunnelAgent());

const createTunnelAgent = () =>
  class extends secureAgent() {
    /**
     * @param {import('node:tls').ConnectionOptions} tls
     * @param {Route} proxy
     */
    constructor(tls, proxy) {
      super(tls);
      this.proxy = proxy;
    }

    /**
     * @param {any} options with `opening`, whose `stop()` gives up a tunnel that is not open yet
     * @param {(error: unknown, socket?: Socket) => void} callback
     * @returns {any} undefined: the callback gets the connection
     */
    createConnection(options, callback) {
      if (this.spare) return super.createConnection(options, callback);
      const { host, port, opening } = options;
      const request = open(this.proxy, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
      /** @type {(error: unknown, socket?: Socket) => void} */
      const done = (error, socket) => {
        if (opening) opening.stop = undefined;
        if (!socket) return callback(error);
        // The registry's own name and session are in the options.
        return callback(undefined, super.createConnection({ ...options, socket }));
      };
      if (opening) opening.stop = () => request.destroy();
      request.once('error', (/** @type {any} */ error) => done(unreachable(this.proxy, error)));
      request.once('connect', (response, socket, head) => {
        const error = refusal(response);
        if (error) {
          socket.destroy();
          return done(error);
        }
        socket.setTimeout(0);
        if (head.length > 0) socket.unshift(head);
        return done(undefined, /** @type {Socket} */ (socket));
      });
    }
  };

/**
 * @param {Route} proxy
 * @param {string} target
 * @returns {ClientRequest}
 */
function open({ request, agent, host, port, fields }, target) {
  const headers = ['host', target, 'proxy-connection', 'keep-alive', ...fields];
  const connect = request({ agent, host, port, method: 'CONNECT', path: target, headers });
  connect.setTimeout(LIMIT, () =>
    connect.destroy(Object.assign(new Error('CONNECT ETIMEDOUT'), { code: 'ETIMEDOUT' })),
  );
  return connect.end();
}

/**
 * Returns the error for a response by which a proxy refuses the request.
 * @param {IncomingMessage} response
 */
export function refusal({ statusCode = 0 }) {
  if (statusCode >= 200 && statusCode < 300) return undefined;
  const why =
    statusCode === 407 ? 'asks for other credentials, in its URL as http://user:password@host' : 'refuses to connect';
  return new RegistryError('NETWORK', `the proxy ${why} (${statusCode})`);
}

/**
 * Returns the error for a failed connection to a proxy: the system's message would blame the registry.
 * @param {Route} proxy
 * @param {{ code?: string, name?: string }} error
 */
export const unreachable = ({ proxy }, { code, name }) =>
  new RegistryError('NETWORK', `the proxy ${proxy} cannot be reached: ${code ?? name}`);
