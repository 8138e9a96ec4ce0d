// The body of a response whose chunks are small: TLS records of 16 KiB, frames of HTTP/2.

import { Buffer } from 'node:buffer';

import { Incoming } from './incoming.js';

/** Joins what one read of the connection brought, because each chunk takes its reader time. */
export class Gathered extends Incoming {
  /** @type {Uint8Array[]} */
  parts = [];

  /** @param {Uint8Array} chunk */
  take(chunk) {
    if (this.parts.push(chunk) === 1) setImmediate(() => this.flush());
  }

  flush() {
    // A body that broke off before is finished by the constructor.
    const parts = this.parts?.splice(0) ?? [];
    if (parts.length === 0) return;
    if (parts.length === 1 && !this.isShared) {
      this.give(parts[0]);
      return;
    }
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const bytes = Buffer.allocUnsafeSlow(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    this.give(bytes);
  }

  /** @param {Error} [error] */
  finish(error) {
    this.flush();
    super.finish(error);
  }
}
