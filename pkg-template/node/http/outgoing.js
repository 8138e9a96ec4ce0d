// The body of a request that is sent while it is made.

/** @import { Writable } from 'node:stream' */
/** @typedef {() => Promise<Uint8Array | undefined>} Pull gives the next bytes; undefined at the end. It rejects if the body breaks off. */

/**
 * Sends a body piece by piece; the next one is asked for once the last one has been taken. Ends early if the request does.
 * @param {Pull} next
 * @param {Writable} request
 */
export async function pump(next, request) {
  try {
    for (let piece; !request.destroyed && (piece = await next()); ) {
      if (!request.destroyed && !request.write(piece)) await drained(request);
    }
    request.end();
  } catch (cause) {
    // Without its end the server cannot take the body for whole.
    request.destroy(Object.assign(new Error('the body of the request broke off', { cause }), { code: 'EPIPE' }));
  }
}

/** @param {Writable} request */
const drained = (request) =>
  /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const done = () => {
        request.off('drain', done).off('close', done);
        resolve();
      };
      request.on('drain', done).on('close', done);
    })
  );
