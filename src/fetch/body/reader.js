// What runs once per chunk of a body, in as few crossings of wasm's border as can be: each costs more than the work here.

/** @import { Passage } from './passage.js' */
/** @typedef {{ read(): Promise<{ done?: unknown, value?: unknown }>, cancel(): Promise<unknown> }} Reader of a stream, or what passes for one */
/** @typedef {(kind: number, value: unknown, length: number) => void} Settled */

const CHUNK = 0;
const END = 1;
const BROKEN = 2;
const NO_RESULT = 3;
const NO_BYTES = 4;
const GONE = 5;

/** @param {object} prototype @param {PropertyKey[]} names */
const accessors = (prototype, names) =>
  names.map((name) => /** @type {{ get(): unknown }} */ (Object.getOwnPropertyDescriptor(prototype, name)).get);
const VIEW = ['buffer', 'byteOffset', 'byteLength'];
/** @type {Uint8Array} */
const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const ofTypedArray = accessors(typedArray, VIEW);
const ofDataView = accessors(DataView.prototype, VIEW);
const [nameOf] = accessors(typedArray, [Symbol.toStringTag]);
const { indexOf } = typedArray;

/**
 * The bytes of a Uint8Array, any other view, or a buffer, of whichever realm, as a view of our own: what a caller's object has
 * for accessors is not asked. Copied only where another thread or a resize may change them, which fetch refuses. Throws for all
 * else, and for bytes that were transferred elsewhere.
 * @param {unknown} value
 */
export function bytesOf(value) {
  // DataView takes nothing but a buffer; Uint8Array would take a number or a list as well.
  const view = ArrayBuffer.isView(value) ? value : new DataView(/** @type {ArrayBuffer} */ (value));
  const isTyped = nameOf.call(view) !== undefined;
  const [bufferOf, offsetOf, lengthOf] = isTyped ? ofTypedArray : ofDataView;
  const buffer = /** @type {ArrayBufferLike & { resizable?: boolean }} */ (bufferOf.call(view));
  const length = /** @type {number} */ (lengthOf.call(view));
  // A typed array that has lost its buffer says that it is empty; only its methods throw.
  if (isTyped && length === 0) indexOf.call(view, 0);
  const bytes = new Uint8Array(buffer, /** @type {number} */ (offsetOf.call(view)), length);
  return tagOf(buffer) === '[object ArrayBuffer]' && !buffer.resizable ? bytes : new Uint8Array(bytes);
}

/** @param {unknown} value @returns {string} */
const tagOf = (value) => Object.prototype.toString.call(value);

/**
 * Returns true for a view or buffer: its bytes were detached if it is not usable.
 * @param {unknown} value
 */
const isGone = (value) => ArrayBuffer.isView(value) || tagOf(value) === '[object ArrayBuffer]';

/** Reads from a ReadableStream's reader, or what passes for one, and tells `settled(kind, value, length)` of each read. */
export class Reading {
  /** @type {Passage | undefined} */
  passage;
  /** True until a read is told of. */
  isAwaited = false;
  isReading = false;

  /** @param {Reader} reader @param {Settled} settled */
  constructor(reader, settled) {
    this.reader = reader;
    /** @type {Settled | undefined} */
    this.settled = settled;
    /** @param {{ done?: unknown, value?: unknown }} result */
    const fulfilled = (result) => {
      let kind = NO_RESULT;
      let value;
      let length = 0;
      try {
        if (result.done) {
          kind = END;
        } else if (typeof result === 'object') {
          kind = NO_BYTES;
          const given = result.value;
          if (isGone(given)) kind = GONE;
          value = bytesOf(given);
          length = value.byteLength;
          kind = CHUNK;
        }
      } catch {
        value = undefined;
      }
      this.tell(kind, value, length);
    };
    /** @param {unknown} reason */
    const rejected = (reason) => this.tell(BROKEN, reason, 0);
    this.next = () => {
      if (this.isReading) return;
      this.isReading = true;
      this.passage?.wait();
      try {
        reader.read().then(fulfilled, rejected);
      } catch (thrown) {
        rejected(thrown);
      }
    };
  }

  /** @param {Passage} passage */
  passOn(passage) {
    this.passage = passage;
  }

  /** @param {boolean} isNew false: goes on with a read, unless it was told of */
  read(isNew) {
    if (isNew) this.isAwaited = true;
    if (!this.isAwaited) return;
    this.passage?.begin(this.next);
    this.next();
  }

  /** @param {number} kind @param {unknown} value @param {number} length */
  tell(kind, value, length) {
    // A thenable that is no promise may settle twice.
    if (!this.isReading) return;
    this.isReading = false;
    if (kind === CHUNK && this.passage?.takes(/** @type {Uint8Array} */ (value), length)) return;
    this.passage?.end();
    this.isAwaited = false;
    this.settled?.(kind, value, length);
  }

  /** From here on nothing is told, whatever still comes. */
  release() {
    this.passage?.end();
    this.passage = this.settled = undefined;
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

/**
 * Adds bytes to a host's hash. Returns false if the hash throws.
 * @param {{ update(bytes: Uint8Array): unknown }} hash
 * @param {Uint8Array} bytes
 */
export function update(hash, bytes) {
  try {
    hash.update(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * An outsider's thenable calls back as it likes; a promise of our own does so once, and later.
 * @param {unknown} value
 * @param {(isFulfilled: boolean, value: unknown) => void} settled
 */
export function follow(value, settled) {
  new Promise((resolve) => resolve(value)).then(
    (fulfilled) => settled(true, fulfilled),
    (reason) => settled(false, reason),
  );
}
