// A listing that fills while it is shown: items, state, and at most one change event per frame.

export class Listing extends EventTarget {
  /** `open(signal)` returns an async iterator of names; `signal` ends the listing. */
  constructor(open, signal) {
    super();
    this.items = [];
    this.state = 'loading';
    this.error = undefined;
    /** Resolves when the listing has ended. Never rejects. */
    this.finished = this.#read(open, signal);
  }

  async #read(open, signal) {
    try {
      for await (const item of open(signal)) {
        this.items.push(item);
        this.#notify();
      }
      this.state = 'complete';
    } catch (error) {
      if (signal.aborted) this.state = 'aborted';
      else [this.state, this.error] = ['failed', error];
    }
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
