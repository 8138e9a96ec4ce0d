// A ReadableStream that reads nothing ahead.

/**
 * `pull()` answers by enqueue(), close() or error() some time later, and may be called again before it did: it then does
 * nothing, as each of those asks again where somebody still waits. That spares a promise per chunk.
 */
export function blobStream(start, pull, cancel) {
  return new ReadableStream({ start, pull: () => pull(), cancel: () => cancel() }, { highWaterMark: 0 });
}

/** Each of these throws where the stream has ended otherwise: then there is nobody to tell. */
const quietly = (tell) => (controller, value) => {
  try {
    tell(controller, value);
  } catch {
    // nobody there
  }
};

export const enqueue = quietly((controller, bytes) => controller.enqueue(bytes));
export const close = quietly((controller) => controller.close());
export const error = quietly((controller, reason) => controller.error(reason));
