// The memory that a blob is collected in.

export class Gathering {
  /** @type {(() => void) | undefined} reads one more chunk, as long as chunks pass without wasm */
  source;
  /** @type {number | undefined} bytes that this host could not allocate in one piece */
  lacks;
  length = 0;

  /** @param {number} capacity bytes that are allocated up front @param {number} most bytes that are expected at most */
  constructor(capacity, most) {
    this.memory = new Uint8Array(capacity);
    this.most = most;
  }

  /** @param {Uint8Array} bytes */
  add(bytes) {
    const needed = this.length + bytes.length;
    try {
      if (needed > this.memory.length) this.#grow(needed);
      this.memory.set(bytes, this.length);
      this.length = needed;
    } catch {
      this.lacks = needed;
    }
  }

  /** @param {Uint8Array} bytes that pass */
  enqueue(bytes) {
    this.add(bytes);
    // Not at once: a reader of the caller's own may answer within the call, again and again.
    if (this.source) queueMicrotask(this.source);
  }

  restart() {
    this.length = 0;
  }

  /** All bytes. */
  take() {
    return this.length < this.memory.length ? this.memory.slice(0, this.length) : this.memory;
  }

  /** @param {number} needed */
  #grow(needed) {
    const larger = new Uint8Array(Math.max(needed, Math.min(2 * this.memory.length, this.most)));
    larger.set(this.memory);
    this.memory = larger;
  }
}
