// Details of a list's items: read as they come into sight, because each costs the registry requests, within a budget; and of all items
// where somebody asks for that.

import { isTemporary } from '../errors.js';

const SETTLED_AFTER = 120;
/** Pauses after failures that may pass, in milliseconds; the last one is repeated. */
const PAUSES = [5_000, 15_000, 60_000];
const AT_A_TIME = 6;

export class Details {
  #read;
  #signal;
  #changed;
  #isWanted;
  #known = new Map();
  /** Known from before somebody asked for it anew. */
  #stale = new Set();
  #reading = new Map();
  #inSight = [];
  #timer;
  #pauses = 0;
  #resuming;
  #all;
  #budget;
  #spent;
  #limit;

  /**
   * `read(item, signal)`: reads the detail of an item. `changed(item)`: called when it is there, and without an item when reading
   * all of them begins or ends. `wanted`: whether details are read at all. `budget`: how many requests are made before somebody is
   * asked, and `spent()` how many were made.
   */
  constructor({ read, signal, wanted, changed, budget = Infinity, spent = () => 0 }) {
    [this.#read, this.#signal, this.#isWanted, this.#changed] = [read, signal, wanted, changed];
    [this.#budget, this.#spent] = [budget, spent];
    this.#limit = spent() + budget;
    window.addEventListener('online', () => this.#resume(), { signal });
    signal.addEventListener('abort', () => [this.#timer, this.#resuming].forEach(clearTimeout), { once: true });
  }

  get wanted() {
    return this.#isWanted;
  }
  set wanted(wanted) {
    this.#isWanted = wanted;
    if (wanted) return;
    this.stop();
    this.want([]);
  }

  /** `{ data }`, `{ error }`, or undefined while nothing is known. */
  get(item) {
    return this.#isWanted ? this.#known.get(item) : undefined;
  }

  /** How many items are known. */
  get size() {
    return this.#known.size;
  }

  /** Reads everything again as it is wanted; until then, what is known stays. */
  renew() {
    this.stop();
    this.#stale = new Set(this.#known.keys());
    for (const controller of this.#reading.values()) controller.abort();
    this.#reading.clear();
    this.allow();
  }

  #isKnown(item) {
    return this.#known.has(item) && !this.#stale.has(item);
  }

  /** Whether no more is read before somebody allows it. */
  get isSpent() {
    return this.#spent() >= this.#limit;
  }

  /** Allows as many requests again. */
  allow() {
    this.#limit = this.#spent() + this.#budget;
    this.#isTold = false;
    this.want(this.#inSight);
  }

  want(items) {
    clearTimeout(this.#timer);
    this.#inSight = items;
    const wanted = new Set(this.#isWanted ? items : []);
    for (const [item, controller] of this.#reading) {
      if (wanted.has(item)) continue;
      controller.abort();
      this.#reading.delete(item);
    }
    // No requests while the list is scrolled.
    if (wanted.size > 0)
      this.#timer = setTimeout(() => wanted.forEach((item) => this.#readInSight(item)), SETTLED_AFTER);
  }

  async #readInSight(item) {
    if (this.#isKnown(item) || this.#reading.has(item)) return undefined;
    if (this.isSpent) return this.#stopInSight();
    const controller = new AbortController();
    this.#reading.set(item, controller);
    const error = await this.#learn(item, AbortSignal.any([this.#signal, controller.signal]));
    if (this.#reading.get(item) === controller) this.#reading.delete(item);
    if (isTemporary(error)) this.#pause(error.retryAfter);
    return undefined;
  }

  #stopInSight() {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#changed(undefined);
  }
  #isTold = false;

  /** Reads a detail. Returns why that failed. */
  async #learn(item, signal) {
    let detail;
    try {
      detail = { data: await this.#read(item, signal) };
      this.#pauses = 0;
    } catch (error) {
      detail = { error };
    }
    if (signal.aborted) return undefined;
    this.#known.set(item, detail);
    this.#stale.delete(item);
    this.#changed(item);
    return detail.error;
  }

  /** Why reading all ended early. */
  failure;

  get isReadingAll() {
    return this.#all !== undefined;
  }

  /** Reads what is not known yet of these, in their order. */
  async readAll(items) {
    this.stop();
    const controller = new AbortController();
    this.#all = controller;
    this.failure = undefined;
    const signal = AbortSignal.any([this.#signal, controller.signal]);
    const left = items.filter((item) => !this.#isKnown(item) || this.#known.get(item).error).values();
    this.#changed(undefined);
    const work = async () => {
      for (const item of left) {
        if (signal.aborted) return;
        const error = await this.#learn(item, signal);
        if (!isTemporary(error)) continue;
        this.#known.delete(item);
        this.failure = error;
        controller.abort();
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    if (this.#all !== controller) return;
    this.#all = undefined;
    if (!this.#signal.aborted) this.#changed(undefined);
  }

  stop() {
    if (!this.#all) return;
    this.#all.abort();
    this.#all = undefined;
    this.#changed(undefined);
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
    for (const [item, { error }] of this.#known) {
      if (isTemporary(error)) this.#known.delete(item);
    }
    this.want(this.#inSight);
  }
}
