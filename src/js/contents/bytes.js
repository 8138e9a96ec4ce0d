// Pages of one chunk each as a stream.

/**
 * Nothing is read ahead.
 * @param {{ next(): Promise<Uint8Array[] | undefined>, stop(): void }} pages
 * @returns {ReadableStream<Uint8Array>}
 */
export function streamOf(pages) {
  return new ReadableStream(
    {
      async pull(controller) {
        const page = await pages.next();
        if (page) controller.enqueue(page[0]);
        else controller.close();
      },
      cancel: () => pages.stop(),
    },
    { highWaterMark: 0 },
  );
}
