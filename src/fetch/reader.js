// What runs once per chunk of a body, in as few crossings of wasm's border as can be: each costs more than the work here.

const CHUNK = 0;
const END = 1;
const BROKEN = 2;
const NO_RESULT = 3;
const NO_BYTES = 4;

/** The bytes of a Uint8Array, any other view, or a buffer, of whichever realm, without copying. Throws for all else. */
export function bytesOf(value) {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  // DataView takes nothing but a buffer; Uint8Array would take a number or a list as well.
  return new Uint8Array(new DataView(value).buffer);
}

/** Reads from a ReadableStream's reader, or what passes for one, and tells `settled(kind, value, length)` of each read. */
export class Reading {
  constructor(reader, settled) {
    this.reader = reader;
    const fulfilled = (result) => {
      let kind = NO_RESULT;
      let value;
      let length = 0;
      try {
        if (result.done) {
          kind = END;
        } else if (typeof result === "object") {
          kind = NO_BYTES;
          value = bytesOf(result.value);
          length = value.byteLength;
          kind = CHUNK;
        }
      } catch {
        value = undefined;
      }
      this.settled?.(kind, value, length);
    };
    const rejected = (reason) => this.settled?.(BROKEN, reason, 0);
    this.settled = settled;
    this.read = () => {
      try {
        reader.read().then(fulfilled, rejected);
      } catch (thrown) {
        rejected(thrown);
      }
    };
  }

  /** From here on nothing is told, whatever still comes. */
  release() {
    this.settled = undefined;
  }

  /** Stops the source; what comes of that concerns nobody. */
  cancel() {
    try {
      this.reader.cancel().then(undefined, () => {});
    } catch {
      // a reader that cannot be cancelled
    }
  }
}

/** Whether a host's hash took the bytes in. */
export function update(hash, bytes) {
  try {
    hash.update(bytes);
    return true;
  } catch {
    return false;
  }
}
