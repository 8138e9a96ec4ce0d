// The body of a response, read at its reader's pace.

/** @import { Readable } from 'node:stream' */

/** @typedef {{ done: boolean, value: Uint8Array | undefined }} Read */

/** Reads one body, like the reader of a ReadableStream; reads must not overlap. */
export class Incoming {
  /**
   * @param {Readable} source
   * @param {boolean} isShared true if chunks may be views of one buffer
   * @param {{ end: () => void, abort: () => void }} flight
   */
  constructor(source, isShared, flight) {
    this.source = source;
    this.isShared = isShared;
    this.flight = flight;
    /** @type {Uint8Array[]} what arrived before anyone asked for it */
    this.chunks = [];
    /** @type {{ resolve: (read: Read) => void, reject: (reason: unknown) => void } | undefined} */
    this.waiting = undefined;
    this.isDone = false;
    /** @type {Error | undefined} */
    this.error = undefined;
    source.on('data', (chunk) => this.take(chunk));
    source.on('end', () => this.finish());
    source.on('error', (error) => this.finish(error));
    const closed = () => this.finish(source.errored ?? Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    if (source.closed) closed();
    else source.on('close', closed);
  }

  /** @param {Uint8Array} chunk */
  take(chunk) {
    // A buffer belongs to whoever gets the chunk: it may be transferred to a worker.
    this.give(this.isShared ? new Uint8Array(chunk) : chunk);
  }

  /** @param {Uint8Array} bytes */
  give(bytes) {
    const { waiting } = this;
    if (!waiting) {
      this.chunks.push(bytes);
      this.source.pause();
      return;
    }
    this.waiting = undefined;
    waiting.resolve({ done: false, value: bytes });
  }

  /** @param {Error} [error] */
  finish(error) {
    if (this.isDone) return;
    this.isDone = true;
    this.error = error;
    this.flight.end();
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting && error) waiting.reject(error);
    else waiting?.resolve({ done: true, value: undefined });
  }

  /** @returns {Promise<Read>} */
  read() {
    const value = this.chunks.shift();
    if (value) return Promise.resolve({ done: false, value });
    if (this.error) return Promise.reject(this.error);
    if (this.isDone) return Promise.resolve({ done: true, value });
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      if (this.source.isPaused()) this.source.resume();
    });
  }

  /** Gives up the rest. */
  async cancel() {
    this.flight.abort();
  }
}
