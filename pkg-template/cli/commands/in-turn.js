// Makes several changes in one command; a failure says what is done and what is not.

import { Interrupted } from '../interrupt.js';

/** A failure after which some of the work may be done. */
export class Stopped extends Error {
  /**
   * @param {any} cause
   * @param {{ done: string[], failed?: string, remaining: string[] }} items
   */
  constructor(cause, { done, failed, remaining }) {
    super(cause?.message, { cause });
    this.done = done;
    this.failed = failed;
    this.remaining = remaining;
  }
}

/**
 * Returns a handler that says of an interrupted change that its outcome is unknown.
 * @param {string} what
 * @param {AbortSignal} signal
 */
export const orUnknown = (what, signal) => (/** @type {unknown} */ error) => {
  throw signal.aborted ? new Stopped(error, { done: [], remaining: [what] }) : error;
};

/**
 * Runs `task` for each item up to the first failure.
 * @param {string[]} items
 * @param {(item: string) => Promise<void>} task
 */
export async function inTurn(items, task) {
  /** @type {string[]} */
  const done = [];
  for (const item of items) {
    try {
      await task(item);
    } catch (cause) {
      if (items.length === 1) {
        throw cause instanceof Interrupted ? new Stopped(cause, { done, remaining: items }) : cause;
      }
      throw new Stopped(cause, { done, failed: item, remaining: items.slice(done.length + 1) });
    }
    done.push(item);
  }
  return done;
}
