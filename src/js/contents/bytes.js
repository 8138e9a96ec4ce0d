// Pages of one chunk each as a stream.

/** Takes the function that gives errors the stack of the caller. */
const PLACE = Symbol.for('docker-registry-client-wasm.place');

/**
 * Nothing is read ahead.
 * @param {{ next(): Promise<Uint8Array[] | undefined>, stop(): void }} pages
 * @returns {ReadableStream<Uint8Array>}
 */
export function streamOf(pages) {
  /** @type {((reason: unknown) => unknown) | undefined} */
  let place;
  const stream = new ReadableStream(
    {
      async pull(controller) {
        try {
          const page = await pages.next();
          if (page) controller.enqueue(page[0]);
          else controller.close();
        } catch (error) {
          throw place?.(error) ?? error;
        }
      },
      cancel: () => pages.stop(),
    },
    { highWaterMark: 0 },
  );
  return Object.defineProperty(stream, PLACE, {
    set: (given) => {
      place = given;
    },
  });
}
