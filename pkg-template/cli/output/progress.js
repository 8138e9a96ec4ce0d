// A progress line for long work, on terminals only.

import { clean } from './output.js';

/** @import { CopyProgress } from 'docker-registry-client-wasm' */
/** @typedef {ReturnType<typeof startProgress>} Progress */

const INTERVAL = 100;
const WIDTH = 24;
/** Before, a rate says little. */
const LEAST_SECONDS = 2;

/**
 * @param {number} done
 * @param {number} total
 */
function bar(done, total) {
  const part = Math.min(done / total, 1);
  const full = Math.round(WIDTH * part);
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${String(Math.floor(100 * part)).padStart(3)} %`;
}

/**
 * Formats a time such as "40 s" or "3 min".
 * @param {number} seconds
 */
function span(seconds) {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/**
 * @param {string} label what the command is doing
 * @param {{ isLive: boolean, stream?: NodeJS.WriteStream }} output
 * @param {(amount: number) => string} [show] formats an amount
 */
export function startProgress(
  label,
  { isLive, stream = process.stderr },
  show = (amount) => String(Math.round(amount)),
) {
  let last = -Infinity;
  const begin = performance.now();
  /**
   * How fast it is, once that is known.
   * @param {number} done
   * @param {number} [total]
   */
  function* pace(done, total) {
    const seconds = (last - begin) / 1000;
    if (done === 0 || seconds < LEAST_SECONDS) return;
    const rate = done / seconds;
    yield rate < 1 ? `${show(60 * rate)}/min` : `${show(rate)}/s`;
    if (total !== undefined && total > done) yield `${span((total - done) / rate)} left`;
  }
  return {
    /**
     * @param {number} done
     * @param {number} [total]
     */
    update(done, total) {
      const now = performance.now();
      if (!isLive || now - last < INTERVAL) return;
      last = now;
      const amounts = total === undefined ? show(done) : `${show(done)} of ${show(total)}`;
      const line = [
        clean(label),
        total !== undefined && total > 0 && bar(done, total),
        [amounts, ...pace(done, total)].join(', '),
      ];
      stream.write(
        `\r${line
          .filter(Boolean)
          .join(' ')
          .slice(0, (stream.columns || 80) - 1)}\x1b[K`,
      );
    },
    /** Removes the line. */
    end() {
      if (last !== -Infinity) stream.write('\r\x1b[K');
    },
  };
}

/**
 * Adds up the progress of all blobs of a copy. The total is known only once the last blob has begun.
 * @param {Progress} progress
 */
export function summed(progress) {
  const parts = new Map();
  const sum = { loaded: 0, total: 0 };
  return (/** @type {CopyProgress} */ { digest, loaded, total }) => {
    const before = parts.get(digest) ?? { loaded: 0, total: 0 };
    sum.loaded += loaded - before.loaded;
    sum.total += total - before.total;
    parts.set(digest, { loaded, total });
    progress.update(sum.loaded, sum.total);
  };
}
