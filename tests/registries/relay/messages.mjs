// Finds the messages in a stream of HTTP/1.1 bytes (RFC 9112), without changing it: enough for what registries and their
// clients send.

const HEAD_LIMIT = 256 * 1024;
const END = Buffer.from('\r\n\r\n');
const LINE = Buffer.from('\r\n');

/** Length of the body that a head announces. */
export function bodyLength(headers, otherwise) {
  if (/(^|,)\s*chunked\s*$/i.test(headers.get('transfer-encoding') ?? '')) return 'chunked';
  const length = headers.get('content-length');
  return length === undefined ? otherwise : Number(length);
}

function parseHead(bytes) {
  const [first, ...lines] = bytes.toString('latin1').split('\r\n');
  const headers = new Map();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { first, headers };
}

/**
 * Reader of one direction of a connection.
 * @param {{ onStart?: () => void, onHead: (first: string, headers: Map<string, string>) => number | 'chunked', onEnd: () => void }} handlers
 *   `onStart`: at the first byte of a message; `onHead` returns the length of the body (Infinity: until the connection ends)
 * @returns {(bytes: Buffer) => void}
 */
export function messageReader({ onStart = () => {}, onHead, onEnd }) {
  let held = Buffer.alloc(0);
  let [left, trailers] = [0, false];
  /** @type {'start' | 'head' | 'body' | 'size' | 'chunk'} */
  let state = 'start';
  const ended = () => {
    state = 'start';
    onEnd();
  };
  /** The held bytes up to `mark`, which are no longer held; undefined if the mark is still to come. */
  const upTo = (mark) => {
    const at = held.indexOf(mark);
    if (at < 0) {
      if (held.length > HEAD_LIMIT) throw new Error('no HTTP: a head without an end');
      return undefined;
    }
    const part = held.subarray(0, at);
    held = held.subarray(at + mark.length);
    return part;
  };
  const skip = () => {
    const skipped = Math.min(left, held.length);
    held = held.subarray(skipped);
    left -= skipped;
    return left === 0;
  };
  const steps = {
    start() {
      if (held.length === 0) return false;
      state = 'head';
      onStart();
      return true;
    },
    head() {
      const head = upTo(END);
      if (!head) return false;
      const { first, headers } = parseHead(head);
      const length = onHead(first, headers);
      [state, left, trailers] = [length === 'chunked' ? 'size' : 'body', length === 'chunked' ? 0 : length, false];
      return true;
    },
    body() {
      if (!skip()) return false;
      ended();
      return true;
    },
    size() {
      const line = upTo(LINE);
      if (!line) return false;
      if (trailers) {
        if (line.length === 0) ended();
        return true;
      }
      const size = Number.parseInt(line.toString('latin1'), 16);
      if (size === 0) trailers = true;
      else [state, left] = ['chunk', size + LINE.length];
      return true;
    },
    chunk() {
      if (!skip()) return false;
      state = 'size';
      return true;
    },
  };
  return (bytes) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    while (steps[state]());
  };
}
