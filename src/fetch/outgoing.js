// A request's body that is sent while it is still being made.

/**
 * Whether this host's fetch takes one: what does not know streams would send their name as a text. And whether it does as
 * the fetch standard says, to the letter.
 */
export function takesStreams() {
  let isStrict = false;
  const init = {
    method: 'POST',
    body: new ReadableStream(),
    get duplex() {
      isStrict = true;
      return 'half';
    },
  };
  const { body, headers } = new Request('http://localhost/', init);
  const takes = typeof body.getReader === 'function' && headers.get('content-type') === null;
  return takes ? { isStrict } : undefined;
}

/** Nothing is asked for ahead. `next()` resolves to bytes, or to undefined at the end; it rejects where there was none. */
export function outgoing(next) {
  const pull = async (controller) => {
    const bytes = await next();
    if (bytes) controller.enqueue(bytes);
    else controller.close();
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}
