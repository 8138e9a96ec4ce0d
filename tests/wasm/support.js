/**
 * A `fetch` that answers from `routes`: "GET /v2/" to { status, headers, body }, a Response, or a function that gives
 * one. It remembers the requests it got.
 */
export function registry(routes) {
  const requests = [];
  const fetch = async (url, init) => {
    const { pathname, search } = new URL(url);
    const request = { method: init.method, path: pathname, search, headers: init.headers, signal: init.signal };
    requests.push(request);
    let answer = routes[`${init.method} ${pathname}`];
    if (answer === undefined && pathname === '/v2/') answer = { body: '{}' };
    if (typeof answer === 'function') answer = await answer(request);
    init.signal.throwIfAborted();
    if (answer === undefined) answer = { status: 404 };
    return 'status' in answer && 'headers' in answer && answer.ok !== undefined
      ? answer
      : new Response(answer.body ?? null, { status: answer.status ?? 200, headers: answer.headers });
  };
  return Object.assign(fetch, { requests });
}

/** A body that counts what is asked of it; `chunks` may end in "hang" or "break". */
export function body(chunks) {
  const state = { reads: 0, cancelled: undefined };
  state.stream = new ReadableStream(
    {
      pull(controller) {
        const chunk = chunks[state.reads++];
        if (chunk === 'hang') return new Promise(() => {});
        if (chunk === 'break') return controller.error(new TypeError('terminated'));
        if (chunk === undefined) return controller.close();
        controller.enqueue(chunk);
      },
      cancel(reason) {
        state.cancelled = reason ?? 'cancelled';
      },
    },
    { highWaterMark: 0 },
  );
  return state;
}

/** A signal that counts its listeners. */
export function countingSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (kind, listener) => (listeners.add(listener), add(kind, listener));
  signal.removeEventListener = (kind, listener) => (listeners.delete(listener), remove(kind, listener));
  return { signal, listeners, abort: (reason) => controller.abort(reason) };
}

/** What happens outside any promise that somebody holds. */
export function watchUnhandled() {
  const seen = [];
  if (typeof process === 'object') process.on('unhandledRejection', (reason) => seen.push(String(reason)));
  else globalThis.addEventListener('unhandledrejection', (event) => seen.push(String(event.reason)));
  return seen;
}

/** A moment in which everything that is due gets its turn. */
export const pause = (milliseconds = 10) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Evaluates an expression that may name the arguments. */
export const evaluate = (names, code, values) => new Function(...names, `return (${code});`)(...values);

/** Bytes of a stream until it ends; rejects as it does. */
export async function drain(stream) {
  const reader = stream.getReader();
  const chunks = [];
  for (let result; !(result = await reader.read()).done; ) chunks.push(result.value);
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** A class of another realm. */
export function foreign(name) {
  if (typeof process === 'object') return process.getBuiltinModule('node:vm').runInNewContext(name);
  const frame = document.createElement('iframe');
  document.body.append(frame);
  return frame.contentWindow[name];
}
