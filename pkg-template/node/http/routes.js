// The route of requests to an origin: direct, or through a proxy.

import { Buffer } from 'node:buffer';
import http from 'node:http';
import { isIP } from 'node:net';

import { RegistryError } from '../../classes.js';
import { https, tls } from '../builtin.js';
import { Sessions } from '../http2/sessions.js';
import { bypasses } from '../no-proxy.js';
import { PlainAgent, secureAgent } from './agents.js';
import { tunnelAgent } from './tunnel.js';

/** @import { Settings } from '../fetch.js' */
/** @import { Tls } from '../tls.js' */

/**
 * The state that all requests to one origin share.
 * @typedef {object} Route
 * @property {typeof http.request} request
 * @property {http.Agent} agent
 * @property {string} host connected to
 * @property {number} port
 * @property {string} authority the `Host` field
 * @property {string} prefix of the request target: the origin, for a proxy that forwards plain http
 * @property {string[]} fields further header fields, as names and values in turn
 * @property {string} [proxy] host of the proxy that sees the requests
 * @property {Sessions} [sessions] if the server may choose HTTP/2
 */

/** Origins whose routes are remembered. */
const MOST = 1_000;
const SCHEME_PORTS = { 'http:': 80, 'https:': 443 };

/** Chooses the route of each origin, with pools that all of them share. */
export class Routes {
  /** @param {Settings} settings */
  constructor({ tls: settings, proxy, http2 }) {
    this.proxy = proxy;
    this.http2 = http2;
    this.settings = settings;
    /** @type {import('node:tls').ConnectionOptions | undefined} */
    this.read = undefined;
    /** @type {Map<string, Route>} */
    this.routes = new Map();
    /** @type {Map<string, http.Agent>} */
    this.agents = new Map();
    /** @type {Set<Sessions>} */
    this.sessions = new Set();
  }

  /**
   * Returns the route to an origin, such as "https://registry.example.com:5000".
   * @param {string} origin
   */
  to(origin) {
    let route = this.routes.get(origin);
    if (!route) {
      if (this.routes.size >= MOST) this.forget();
      route = this.found(new URL(origin));
      this.routes.set(origin, route);
    }
    return route;
  }

  /** @param {URL} url */
  found(url) {
    try {
      return this.find(url);
    } catch (/** @type {any} */ error) {
      if (error.code !== 'ERR_NO_CRYPTO') throw error;
      throw new RegistryError('UNSUPPORTED', `this Node has no TLS (${error.code}), so that only http can be used`);
    }
  }

  forget() {
    this.routes.clear();
    for (const sessions of this.sessions) if (sessions.isUnused) this.sessions.delete(sessions);
  }

  /**
   * @param {URL} url
   * @returns {Route}
   */
  find(url) {
    const { protocol, host: authority } = url;
    const isSecure = protocol === 'https:';
    const { host, port } = addressOf(url);
    const given = isSecure ? this.proxy?.https : this.proxy?.http;
    const proxy = given && !bypasses(this.proxy?.except ?? '', host, port) ? new URL(given) : undefined;
    const common = { authority, prefix: '', fields: [] };
    if (isSecure) {
      const agent = proxy
        ? this.agent(`tunnel ${proxy.href}`, () => new (tunnelAgent())(this.context(), this.toProxy(proxy)))
        : this.agent('https:', () => new (secureAgent())(this.context()));
      const route = { ...common, request: https().request, agent, host, port };
      if (!this.http2) return route;
      const sessions = new Sessions(route);
      this.sessions.add(sessions);
      return { ...route, sessions };
    }
    if (!proxy) return { ...common, request: http.request, agent: this.plain(), host, port };
    // Most proxies allow CONNECT to port 443 only.
    return { ...this.toProxy(proxy), authority, prefix: `http://${authority}` };
  }

  /**
   * Returns the route to a proxy itself.
   * @param {URL} proxy
   * @returns {Route}
   */
  toProxy(proxy) {
    const { host: authority, protocol, username, password } = proxy;
    const login = [username, password].map(decodeURIComponent).join(':');
    const fields = login === ':' ? [] : ['proxy-authorization', `Basic ${Buffer.from(login).toString('base64')}`];
    const common = { ...addressOf(proxy), authority, prefix: '', fields, proxy: authority };
    if (protocol === 'http:') return { ...common, request: http.request, agent: this.plain() };
    // The client certificate is for registries.
    const { cert, key, passphrase, ...settings } = this.settings;
    // Requests to it name the registry in `Host`.
    const servername = isIP(common.host) ? '' : common.host;
    const agent = this.agent(
      `https: proxy ${proxy.host}`,
      () => new (secureAgent())({ ...contextOf(settings), servername }),
    );
    return { ...common, request: https().request, agent };
  }

  /** Returns the options of connections to registries. The certificates are read once: a hundred take longer than a handshake. */
  context() {
    return (this.read ??= contextOf(this.settings));
  }

  plain() {
    return this.agent('http:', () => new PlainAgent());
  }

  /**
   * @param {string} kind
   * @param {() => any} create
   * @returns {http.Agent}
   */
  agent(kind, create) {
    const agent = this.agents.get(kind) ?? create();
    this.agents.set(kind, agent);
    return agent;
  }

  /** Closes all connections. */
  close() {
    for (const sessions of this.sessions) sessions.close();
    for (const agent of this.agents.values()) agent.destroy();
  }
}

/**
 * @param {Tls} settings
 * @returns {import('node:tls').ConnectionOptions}
 */
function contextOf({ rejectUnauthorized, ...files }) {
  const context = Object.keys(files).length > 0 ? { secureContext: tls().createSecureContext(files) } : {};
  return rejectUnauthorized === undefined ? context : { ...context, rejectUnauthorized };
}

/** @param {URL} url */
function addressOf({ protocol, hostname, port }) {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(port) || SCHEME_PORTS[/** @type {keyof typeof SCHEME_PORTS} */ (protocol)] };
}
