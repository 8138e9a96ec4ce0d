// The body of a response over HTTP/2.

import { Buffer } from 'node:buffer';

import { Incoming } from '../http/incoming.js';

/** Joins what one read of the connection brought: the frames of a body are small, and each chunk takes its reader time. */
export class Gathered extends Incoming {
  /** @type {Uint8Array[]} views of buffers that other streams share */
  parts = [];

  /** @param {Uint8Array} chunk */
  take(chunk) {
    if (this.parts.push(chunk) === 1) setImmediate(() => this.flush());
  }

  flush() {
    // A body that broke off before is finished by the constructor.
    const parts = this.parts?.splice(0) ?? [];
    if (parts.length === 0) return;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const bytes = Buffer.allocUnsafeSlow(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    super.take(bytes);
  }

  /** @param {Error} [error] */
  finish(error) {
    this.flush();
    super.finish(error);
  }
}
