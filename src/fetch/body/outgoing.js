// Detects if request bodies can be streamed.

/**
 * Whether this host's fetch takes one: what does not know streams would send their name as a text. And whether it does as
 * the fetch standard says, to the letter.
 */
export function takesStreams() {
  let isStrict = false;
  /** @type {RequestInit & { duplex: string }} */
  const init = {
    method: 'POST',
    body: new ReadableStream(),
    get duplex() {
      isStrict = true;
      return 'half';
    },
  };
  const { body, headers } = new Request('http://localhost/', init);
  const takes =
    typeof (/** @type {ReadableStream} */ (body).getReader) === 'function' && headers.get('content-type') === null;
  return takes ? { isStrict } : undefined;
}
