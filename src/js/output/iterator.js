// Pages as an async iterator over their items.

/** Takes the function that gives errors the stack of the caller. */
const PLACE = Symbol.for('docker-registry-client-wasm.place');

/**
 * `pages.next()` gives a promise of an array, or of undefined at the end; `pages.stop()` drops what is under way, so that a page
 * waited for resolves to undefined; `pages.totals()`, if there is one, is the iterator's property `totals`. An async generator queues concurrent next() calls by itself.
 * @template T
 * @param {{ next(): Promise<T[] | undefined>, stop(): void, totals?(): unknown }} pages
 * @param {AbortSignal[]} signals
 */
export function iterate(pages, signals) {
  async function* read() {
    try {
      for (let page; (page = await pages.next()) !== undefined; ) {
        for (const item of page) {
          for (const signal of signals) {
            if (signal.aborted) throw signal.reason;
          }
          yield item;
        }
      }
    } catch (error) {
      throw iterator[PLACE]?.(error) ?? error;
    } finally {
      pages.stop();
    }
  }
  const items = read();
  /** @type {AsyncIterableIterator<T, void> & { [PLACE]?: (error: unknown) => unknown }} */
  const iterator = {
    next: () => items.next(),
    // Not queued behind a page that may never come.
    return(value) {
      pages.stop();
      return items.return(value);
    },
    throw(error) {
      pages.stop();
      return items.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  if (pages.totals) Object.defineProperty(iterator, 'totals', { get: () => pages.totals?.(), enumerable: true });
  return Object.defineProperty(iterator, PLACE, { value: undefined, writable: true });
}
