// Pages as an async iterator over their items.

/** Takes the function that gives errors the stack of the caller. */
const PLACE = Symbol.for('docker-registry-client-wasm.place');

/**
 * `pages.next()` gives a promise of an array, or of undefined at the end; `pages.stop()` drops what is under way, so that a page
 * waited for resolves to undefined. An async generator queues concurrent next() calls by itself.
 */
export function iterate(pages, signals) {
  const items = (async function* () {
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
  })();
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
  return Object.defineProperty(iterator, PLACE, { value: undefined, writable: true });
}

/** The same with the property `totals`, which asks `pages.totals()`. */
export function iterateWithTotals(pages, signals) {
  return Object.defineProperty(iterate(pages, signals), 'totals', { get: () => pages.totals(), enumerable: true });
}
