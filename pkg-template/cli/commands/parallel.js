/**
 * Runs `task` for each item, a few at a time, up to the first failure.
 * @template T
 * @param {Iterable<T>} items
 * @param {number} limit
 * @param {(item: T) => Promise<unknown>} task
 */
export async function eachOf(items, limit, task) {
  const left = items[Symbol.iterator]();
  let hasFailed = false;
  const work = async () => {
    for (let next = left.next(); !next.done && !hasFailed; next = left.next()) {
      await task(next.value).catch((error) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  const all = await Promise.allSettled(Array.from({ length: limit }, work));
  for (const one of all) if (one.status === 'rejected') throw one.reason;
}
