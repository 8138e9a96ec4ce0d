// A listener on an abort signal that the caller's object may keep as long as it likes.

export class Listening {
  /** @param {AbortSignal} signal @param {() => void} fired */
  constructor(signal, fired) {
    this.signal = signal;
    /** @type {(() => void) | undefined} */
    this.fired = fired;
    this.listener = () => this.fired?.();
    try {
      signal.addEventListener('abort', this.listener);
    } catch {
      // one that cannot be listened to
    }
  }

  /** From here on nothing is told, also where a listener cannot be removed. */
  stop() {
    this.fired = undefined;
    try {
      this.signal.removeEventListener('abort', this.listener);
    } catch {
      // it is told nothing any more
    }
  }
}
