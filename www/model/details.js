// Details of the visible tags only, because each costs the registry one to three requests.

import { isTemporary } from '../errors.js';

const SETTLED_AFTER = 120;
/** Pauses after failures that may pass, in milliseconds; the last one is repeated. */
const PAUSES = [5_000, 15_000, 60_000];

export class Details {
  #repository;
  #signal;
  #changed;
  #isWanted;
  #known = new Map();
  #reading = new Map();
  #inSight = [];
  #timer;
  #pauses = 0;
  #resuming;

  /** `changed(tag)`: called when the detail of a tag is there. `wanted`: whether details are read at all. */
  constructor({ repository, signal, wanted, changed }) {
    [this.#repository, this.#signal, this.#isWanted, this.#changed] = [repository, signal, wanted, changed];
    window.addEventListener('online', () => this.#resume(), { signal });
    signal.addEventListener('abort', () => [this.#timer, this.#resuming].forEach(clearTimeout), { once: true });
  }

  get wanted() {
    return this.#isWanted;
  }
  set wanted(wanted) {
    this.#isWanted = wanted;
    if (!wanted) this.want([]);
  }

  /** `{ data }`, `{ error }`, or undefined while nothing is known. */
  get(tag) {
    return this.#isWanted ? this.#known.get(tag) : undefined;
  }

  forget() {
    this.want([]);
    this.#known.clear();
  }

  want(tags) {
    clearTimeout(this.#timer);
    this.#inSight = this.#isWanted ? tags : [];
    const wanted = new Set(this.#inSight);
    for (const [tag, controller] of this.#reading) {
      if (wanted.has(tag)) continue;
      controller.abort();
      this.#reading.delete(tag);
    }
    // No requests while the list is scrolled.
    if (wanted.size > 0) this.#timer = setTimeout(() => wanted.forEach((tag) => this.#read(tag)), SETTLED_AFTER);
  }

  async #read(tag) {
    if (this.#known.has(tag) || this.#reading.has(tag)) return;
    const controller = new AbortController();
    this.#reading.set(tag, controller);
    let detail;
    try {
      detail = {
        data: await this.#repository.data(tag, { signal: AbortSignal.any([this.#signal, controller.signal]) }),
      };
      this.#pauses = 0;
    } catch (error) {
      detail = { error };
    }
    if (controller.signal.aborted || this.#signal.aborted) return;
    this.#reading.delete(tag);
    this.#known.set(tag, detail);
    this.#changed(tag);
    if (isTemporary(detail.error)) this.#pause(detail.error.retryAfter);
  }

  #pause(asked = 0) {
    if (this.#resuming !== undefined) return;
    const pause = Math.max(asked, PAUSES[Math.min(this.#pauses, PAUSES.length - 1)]);
    this.#pauses += 1;
    this.#resuming = setTimeout(() => this.#resume(), pause);
  }

  /** Reads again what failed for a reason that may have passed. */
  #resume() {
    clearTimeout(this.#resuming);
    this.#resuming = undefined;
    for (const [tag, { error }] of this.#known) {
      if (isTemporary(error)) this.#known.delete(tag);
    }
    this.want(this.#inSight);
  }
}
