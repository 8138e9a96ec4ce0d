// A progress line for long work, on terminals only.

import process from 'node:process';

import { clean } from './output.js';

/** @typedef {ReturnType<typeof startProgress>} Progress */

const INTERVAL = 100;
const WIDTH = 24;

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
 * Formats plain numbers.
 * @param {number} done
 * @param {number} [total]
 */
const plain = (done, total) => [done, total].filter((number) => number !== undefined).join(' of ');

/**
 * @param {string} label what the command is doing
 * @param {{ isLive: boolean, stream?: NodeJS.WriteStream }} output
 * @param {(done: number, total?: number) => string} [numbers]
 */
export function startProgress(label, { isLive, stream = process.stderr }, numbers = plain) {
  let last = -Infinity;
  return {
    /**
     * @param {number} done
     * @param {number} [total]
     */
    update(done, total) {
      const now = performance.now();
      if (!isLive || now - last < INTERVAL) return;
      last = now;
      const line = [clean(label), total !== undefined && total > 0 && bar(done, total), numbers(done, total)]
        .filter(Boolean)
        .join(' ');
      stream.write(`\r${line.slice(0, (stream.columns || 80) - 1)}\x1b[K`);
    },
    /** Removes the line. */
    end() {
      if (last !== -Infinity) stream.write('\r\x1b[K');
    },
  };
}
