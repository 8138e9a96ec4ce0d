// A listing that fills while it is shown: items, state, and at most one change event per frame.

export class Listing extends EventTarget {
  /**
   * `open(signal)` returns an async iterator of names; `signal` ends the listing. `kept`: an earlier listing of the same names;
   * its items stay until this one is complete.
   */
  constructor(open, signal, kept) {
    super();
    this.items = kept?.items.slice() ?? [];
    this.state = 'loading';
    this.error = undefined;
    /** How many of the items this listing has read itself. */
    this.read = 0;
    /** Resolves with the first item, or when the listing has ended without one. Never rejects. */
    this.begun = new Promise((resolve) => {
      this.#onBegun = resolve;
    });
    /** Resolves when the listing has ended. Never rejects. */
    this.finished = this.#read(open, signal, kept && new Set(kept.items));
  }

  #onBegun;

  async #read(open, signal, known) {
    const fresh = known ? [] : this.items;
    try {
      for await (const item of open(signal)) {
        fresh.push(item);
        if (known && !known.has(item)) this.items.push(item);
        this.read = fresh.length;
        this.#onBegun();
        this.#notify();
      }
      this.items = fresh;
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
