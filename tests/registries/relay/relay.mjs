// A slow link in front of a registry: a relay of TCP connections that delays what passes and notes the requests.
//
// The model: each direction of a connection delivers bytes in order, half a round trip after they were sent. A new connection
// carries nothing during its first round trip, as TCP's handshake takes one. Bandwidth, if limited, is shared by all connections of a
// relay, in each direction. Nothing else is limited: there is no loss, no slow start and no window, so that a real link is never
// faster. The registry must speak plain HTTP, or the requests could not be noted.
import { connect, createServer } from 'node:net';

import { observe } from './exchanges.mjs';
import { flow, link, realClock } from './flow.mjs';

const TLS_HANDSHAKE = 0x16;
const [END, RESET] = [Symbol('end'), Symbol('reset')];

/**
 * @param {string} registry base URL
 * @param {{ rtt?: number, bandwidth?: number, log?: import('./exchanges.mjs').Exchange[], clock?: typeof realClock }} [options]
 *   `rtt`: round-trip time in milliseconds, 0 to only note the requests; `bandwidth`: bytes a second; `log`: where requests are
 *   noted, if several relays share one; `clock`: for tests
 * @returns {Promise<{ url: string, log: import('./exchanges.mjs').Exchange[], stop: () => Promise<void> }>}
 */
export async function startRelay(registry, { rtt = 0, bandwidth, log = [], clock = realClock } = {}) {
  const { hostname, port } = new URL(registry);
  const line = { delay: rtt / 2, bandwidth, clock };
  const [up, down] = [link(line), link(line)];
  const sockets = new Set();

  function accept(client) {
    const connected = clock.now() + rtt;
    const origin = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const seen = observe({ registry, now: clock.now, connected, log });
    client.once('close', seen.closed);
    for (const socket of [client, origin]) {
      sockets.add(socket.setNoDelay());
      socket.once('close', () => sockets.delete(socket));
    }
    let plain = false;
    const sent = (bytes) => {
      // Clients that are told not to insist on TLS try it first. The test bed is the reason, so it must not cost them time.
      if (!plain && bytes[0] === TLS_HANDSHAKE) {
        client.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
        origin.destroy();
        return false;
      }
      plain = true;
      return seen.fromClient(bytes);
    };
    carry(client, origin, up, { notBefore: connected, sent });
    carry(origin, client, down, { delivered: seen.toClient });
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      for (const socket of sockets) socket.destroy();
    });
  return { url: `http://127.0.0.1:${server.address().port}`, log, stop };
}

/**
 * One direction of a connection: bytes, its end, and its loss.
 * @param {{ notBefore?: number, sent?: (bytes: Buffer) => unknown, delivered?: (bytes: Buffer) => void }} observed `sent` returns false
 *   for bytes that shall not pass
 */
function carry(source, target, over, { notBefore, sent = () => {}, delivered = () => {} }) {
  const { clock } = over;
  const way = flow(over, deliver, { notBefore, resumed: () => source.resume() });

  function deliver(item) {
    if (item === END) target.end();
    else if (item === RESET) target.destroy();
    else {
      delivered(item);
      return target.destroyed || target.write(item);
    }
    return true;
  }

  target.on('drain', way.resume);
  source.on('data', (bytes) => {
    if (sent(bytes) === false) return;
    const departed = way.send(bytes, bytes.length);
    if (way.full) source.pause();
    // A connection waits for the link with one piece at a time, so that all of them get their share.
    else if (over.limited) {
      source.pause();
      clock.after(departed - clock.now(), () => way.full || source.resume());
    }
  });
  let finished = false;
  source.on('end', () => {
    finished = true;
    way.send(END);
  });
  source.on('error', () => {});
  source.on('close', (failed) => {
    if (failed || !finished) way.send(RESET);
  });
}
