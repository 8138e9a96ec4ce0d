// What companies put between their people and the internet: it takes CONNECT and requests with a whole URL (RFC 9110 §7.1).
import { createServer, request as ask } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';

/**
 * @param {{ credentials?: { username: string, password: string }, allows?: (host: string) => boolean, tls?: { cert: string, key: string } }} [options]
 *   `allows`: which host:port may be connected to; `tls`: it speaks https itself
 * @returns {Promise<{ url: string, passed: string[], refused: number, stop: () => Promise<void> }>} `passed`: methods and
 *   targets, in order
 */
export async function startForwardProxy({ credentials, allows = () => true, tls } = {}) {
  const state = { passed: [], refused: 0 };
  const expected = credentials && `Basic ${btoa(`${credentials.username}:${credentials.password}`)}`;
  const tunnels = new Set();
  /** The status to refuse with, if at all. */
  const refusal = (request, host) => {
    if (expected && request.headers['proxy-authorization'] !== expected) return 407;
    return allows(host) ? undefined : 403;
  };

  const server = (tls ? createSecureServer : createServer)({ ...tls }, (request, response) => {
    const target = new URL(request.url);
    const status = refusal(request, target.host);
    if (status) {
      state.refused += 1;
      return response.writeHead(status, status === 407 ? { 'proxy-authenticate': 'Basic realm="proxy"' } : {}).end();
    }
    state.passed.push(`${request.method} ${request.url}`);
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = ask(target, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    return request.pipe(onward);
  });

  server.on('connect', (request, socket) => {
    tunnels.add(socket.on('error', () => socket.destroy()));
    const status = refusal(request, request.url);
    if (status) {
      state.refused += 1;
      return socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`);
    }
    state.passed.push(`CONNECT ${request.url}`);
    const { hostname, port } = new URL(`tcp://${request.url}`);
    const onward = connect(port, hostname, () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    tunnels.add(onward.on('error', () => socket.destroy()));
    return socket.once('close', () => onward.destroy());
  });

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
      tunnels.forEach((socket) => socket.destroy());
    });
  return Object.assign(state, { url: `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`, stop });
}
