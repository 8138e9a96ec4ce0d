// What one connection carried, as the client's end of the link sees it: each request with its response.
import { bodyLength, messageReader } from './messages.mjs';

/**
 * @typedef {object} Exchange times are milliseconds of the relay's clock
 * @property {string} method
 * @property {string} path with the query
 * @property {string} registry the registry that it went to
 * @property {boolean} opens whether it waited for its connection to be set up
 * @property {number} start the first byte of the request has come from the client
 * @property {number} [status]
 * @property {number} [answered] the first byte of the response is at the client; absent if there is no response
 * @property {number} [end] the last byte of the response is at the client
 * @property {number} sent bytes of the request
 * @property {number} received bytes of the response
 */

const WITHOUT_BODY = new Set([204, 304]);

/**
 * @param {{ registry: string, now: () => number, connected: number, log: Exchange[] }} connection `connected`: the time at which
 *   its set-up is complete
 */
export function observe({ registry, now, connected, log }) {
  /** Requests without a complete response, the oldest first. */
  const open = [];
  let asking;
  const requests = messageReader({
    onStart() {
      const start = now();
      asking = { method: '', path: '', registry, opens: start < connected, start, sent: 0, received: 0 };
    },
    onHead(first, headers) {
      [asking.method, asking.path] = first.split(' ');
      open.push(asking);
      log.push(asking);
      return bodyLength(headers, 0);
    },
    onEnd() {},
  });
  let interim = false;
  const responses = messageReader({
    onStart() {
      // A registry that refuses a request need not wait for its end.
      if (open[0]) open[0].answered ??= now();
    },
    onHead(first, headers) {
      const status = Number(first.split(' ')[1]);
      interim = status < 200;
      if (interim) return 0;
      if (open[0]) open[0].status = status;
      return open[0]?.method === 'HEAD' || WITHOUT_BODY.has(status) ? 0 : bodyLength(headers, Number.POSITIVE_INFINITY);
    },
    onEnd() {
      if (interim && open[0]) open[0].answered = undefined;
      else if (!interim) finish();
    },
  });
  const finish = () => {
    const done = open.shift();
    if (!done) return;
    done.end = now();
    // Some bytes are no response.
    if (done.status === undefined) done.answered = undefined;
  };
  return {
    fromClient(bytes) {
      requests(bytes);
      asking.sent += bytes.length;
    },
    toClient(bytes) {
      if (open[0]) open[0].received += bytes.length;
      responses(bytes);
    },
    /** The connection is gone: what was under way ends here. */
    closed() {
      while (open.length > 0) finish();
    },
  };
}
