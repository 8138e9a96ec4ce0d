// A ReadableStream that reads nothing ahead.

/** Takes the function that gives errors the stack of the caller. */
const PLACE = Symbol.for('docker-registry-client-wasm.place');
/** Milliseconds after which a stream that nobody reads rests, once or twice as long. */
const IDLE = 1_000;

/** workerd has these from a certain compatibility date on. */
const weakly = (value) => (typeof WeakRef === 'function' ? new WeakRef(value) : { deref: () => value });

/**
 * Fills a stream. It refers to the stream only while a reader waits for a chunk, so that an abandoned stream can be collected. `rest()` is
 * called where nobody reads.
 */
export class Sink {
  constructor(rest) {
    this.rest = rest;
  }

  /**
   * `pull()` answers by enqueue(), close() or error() some time later, and may be called again before it did: it then does
   * nothing, as each of those asks again where somebody still waits. That spares a promise per chunk.
   */
  stream(pull, cancel) {
    this.watch();
    const source = {
      start: (controller) => {
        this.controller = weakly(controller);
      },
      pull: (controller) => {
        this.waiting = controller;
        this.wasRead = true;
        this.watch();
        pull();
      },
      cancel: () => cancel(),
    };
    const set = (place) => {
      this.place = place;
    };
    return Object.defineProperty(new ReadableStream(source, { highWaterMark: 0 }), PLACE, { set });
  }

  watch() {
    this.timer ??= watched(this);
  }

  enqueue(bytes) {
    this.tell((controller) => controller.enqueue(bytes));
  }

  close() {
    this.stop();
    this.tell((controller) => controller.close());
  }

  error(reason) {
    this.stop();
    this.tell((controller) => controller.error(this.place?.(reason) ?? reason));
  }

  tell(how) {
    const controller = this.waiting ?? this.controller?.deref();
    this.waiting = undefined;
    try {
      how(controller);
    } catch {
      // It has ended otherwise: there is nobody to tell.
    }
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** A timer that keeps neither the stream nor Node's process. */
function watched(sink) {
  sink.wasRead = true;
  const timer = setInterval(() => {
    if (!sink.wasRead && !sink.waiting) {
      sink.stop();
      sink.rest();
    }
    sink.wasRead = false;
  }, IDLE);
  timer.unref?.();
  return timer;
}
