// A ReadableStream that reads nothing ahead.

/** Takes the function that gives errors the stack of the caller. */
const PLACE = Symbol.for('docker-registry-client-wasm.place');
/** Milliseconds after which a stream that nobody reads rests, once or twice as long. */
const IDLE = 1_000;

/**
 * workerd has these from a certain compatibility date on.
 * @template {WeakKey} T
 * @param {T} value
 * @returns {{ deref(): T | undefined }}
 */
const weakly = (value) => (typeof WeakRef === 'function' ? new WeakRef(value) : { deref: () => value });

/**
 * Fills a stream. It refers to the stream only while a reader waits for a chunk, so that an abandoned stream can be collected. `rest()` is
 * called where nobody reads.
 */
export class Sink {
  /** @param {() => void} rest */
  constructor(rest) {
    this.rest = rest;
    /** @type {(() => void) | undefined} what is pulled instead, as long as chunks pass without wasm */
    this.source = undefined;
  }

  /**
   * `pull()` answers by enqueue(), close() or error() some time later, and may be called again before it did: it then does
   * nothing, as each of those asks again where somebody still waits. That spares a promise per chunk.
   * @param {() => void} pull
   * @param {() => void} cancel
   */
  stream(pull, cancel) {
    this.watch();
    /** @type {UnderlyingDefaultSource} */
    const source = {
      start: (controller) => {
        /** @type {{ deref(): ReadableStreamDefaultController | undefined }} */
        this.controller = weakly(controller);
      },
      pull: (controller) => {
        /** @type {ReadableStreamDefaultController | undefined} */
        this.waiting = controller;
        this.wasRead = true;
        this.watch();
        const { source } = this;
        if (source) source();
        else pull();
      },
      cancel: () => cancel(),
    };
    /** @param {(reason: unknown) => unknown} place */
    const set = (place) => {
      this.place = place;
    };
    return Object.defineProperty(new ReadableStream(source, { highWaterMark: 0 }), PLACE, { set });
  }

  watch() {
    this.timer ??= watched(this);
  }

  /** @param {Uint8Array} bytes */
  enqueue(bytes) {
    const { waiting } = this;
    this.waiting = undefined;
    try {
      waiting?.enqueue(bytes);
    } catch {
      // It has ended otherwise.
    }
  }

  close() {
    this.stop();
    this.tell((controller) => controller.close());
  }

  /** @param {unknown} reason */
  error(reason) {
    this.stop();
    this.tell((controller) => controller.error(this.place?.(reason) ?? reason));
  }

  /** @param {(controller: ReadableStreamDefaultController) => void} how */
  tell(how) {
    const controller = this.waiting ?? this.controller?.deref();
    this.waiting = undefined;
    try {
      how(/** @type {ReadableStreamDefaultController} */ (controller));
    } catch {
      // It has ended otherwise: there is nobody to tell.
    }
  }

  stop() {
    clearInterval(this.timer);
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }
}

/**
 * A timer that keeps neither the stream nor Node's process.
 * @param {Sink} sink
 */
function watched(sink) {
  sink.wasRead = true;
  const timer = setInterval(() => {
    if (!sink.wasRead && !sink.waiting) {
      sink.stop();
      sink.source = undefined;
      sink.rest();
    }
    sink.wasRead = false;
  }, IDLE);
  timer.unref?.();
  return timer;
}
