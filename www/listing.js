// A listing that fills while it is looked at: items, their state, and one notice per frame however fast pages arrive.

export class Listing extends EventTarget {
  /** `open(signal)` gives an async iterator of names; `signal` ends the listing for good. */
  constructor(open, signal) {
    super();
    this.items = [];
    this.state = 'loading';
    this.error = undefined;
    /** Settles, never rejects, when nothing more will come. */
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

  /** Calls now and after every change, until the signal aborts. */
  watch(callback, signal) {
    this.addEventListener('change', callback, { signal });
    callback();
  }
}
