// A listing that fills while it is shown: items, state, and at most one change event per frame.

export class Listing extends EventTarget {
  /** What this listing has read itself: all that there is, once it is complete. */
  #own;

  /**
   * `open(signal, last)` returns an async iterator of names, of those after `last` where that is given; `signal` ends the listing.
   * `kept`: an earlier listing of the same names; its items stay until this one is complete. `failed`: one that broke off; this one
   * goes on after what it had read.
   */
  constructor(open, signal, { kept, failed } = {}) {
    super();
    const earlier = failed ?? kept;
    this.items = earlier?.items.slice() ?? [];
    this.#own = failed ? (failed.#own === failed.items ? this.items : failed.#own.slice()) : kept ? [] : this.items;
    this.state = 'loading';
    this.error = undefined;
    /** When it was complete. */
    this.asOf = earlier?.asOf;
    /** Resolves with the first item, or when the listing has ended without one. Never rejects. */
    this.begun = new Promise((resolve) => {
      this.#onBegun = resolve;
    });
    /** Resolves when the listing has ended. Never rejects. */
    this.finished = this.#read(open, signal, failed !== undefined);
  }

  #onBegun;

  async #read(open, signal, goesOn) {
    const own = this.#own;
    const shown = own === this.items ? undefined : new Set(this.items);
    // A registry may ignore where it is to go on, and begin at the start.
    const seen = goesOn ? new Set(own) : undefined;
    try {
      for await (const item of open(signal, goesOn ? own.at(-1) : undefined)) {
        if (seen?.has(item)) continue;
        own.push(item);
        if (shown && !shown.has(item)) this.items.push(item);
        this.#onBegun();
        this.#notify();
      }
      this.items = own;
      this.asOf = new Date();
      this.state = 'complete';
    } catch (error) {
      if (signal.aborted) this.state = 'aborted';
      else [this.state, this.error] = ['failed', error];
    }
    this.#onBegun();
    this.dispatchEvent(new Event('change'));
  }

  #pending = false;
  #notify() {
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(() => {
      this.#pending = false;
      this.dispatchEvent(new Event('change'));
    });
  }

  /** Calls `callback` now and after every change, until the signal aborts. */
  watch(callback, signal) {
    this.addEventListener('change', callback, { signal });
    callback();
  }
}
