// Passes chunks on within JavaScript, hashed and counted.

/** @typedef {{ enqueue(bytes: Uint8Array): void, source?: () => void }} Sink what asks its `source` for more, if it has one */

/** Milliseconds after which a chunk is left to wasm, which reports progress and counts what has passed. */
const SPAN = 100;

const clock = typeof performance === 'object' && typeof performance?.now === 'function' ? performance : Date;

export class Passage {
  /** @param {Sink} sink */
  constructor(sink) {
    this.sink = sink;
    /** Bytes that may still pass. */
    this.left = 0;
    this.passed = 0;
    /** When the present read of wasm's began. */
    this.begun = 0;
    /** When the present read of a chunk began. */
    this.since = 0;
    this.isWaiting = false;
  }

  /** @param {{ update(bytes: Uint8Array): unknown }} hash @param {number} bytes that may pass */
  open(hash, bytes) {
    this.hash = hash;
    this.left = bytes;
  }

  takePassed() {
    const { passed } = this;
    this.passed = 0;
    return passed;
  }

  waited() {
    return this.isWaiting ? clock.now() - this.since : 0;
  }

  /**
   * A read of wasm's begins: chunks may pass ahead of the one that it gets.
   * @param {() => void} next reads one more
   */
  begin(next) {
    this.begun = clock.now();
    this.sink.source = this.left > 0 ? next : undefined;
  }

  wait() {
    this.since = clock.now();
    this.isWaiting = true;
  }

  /**
   * Returns true if the bytes have passed. All others are wasm's.
   * @param {Uint8Array} bytes
   * @param {number} length
   */
  takes(bytes, length) {
    this.isWaiting = false;
    const { sink } = this;
    const mayPass = sink.source && length > 0 && length <= this.left && this.since - this.begun < SPAN;
    if (!mayPass) return false;
    try {
      this.hash?.update(bytes);
    } catch {
      return false;
    }
    this.left -= length;
    this.passed += length;
    sink.enqueue(bytes);
    return true;
  }

  /** Wasm's read ends. */
  end() {
    this.isWaiting = false;
    this.sink.source = undefined;
  }
}
