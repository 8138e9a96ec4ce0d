// The client's own way to the transport: one call for a request and one back for its response. `fetch` with its Request,
// Headers, Response and streams takes more time than the whole rest of a small request.

/** @import { Incoming } from './incoming.js' */
/** @import { Pull } from './outgoing.js' */
/** @import { Transport } from './transport.js' */

/**
 * Told once: the number of the request; the status, or 0 if there is no response; its header fields, one line each for name
 * and value; its URL and whether CORS filters it, which mean nothing here; the body, or the error; and the number of bytes
 * in the body, or -1 for a reader.
 * @typedef {(id: number, status: number, fields: string, url: undefined, isCors: false, body: Incoming | Uint8Array | unknown, length: number) => void} Settled
 */

/** The property of a `fetch` that holds it; src/fetch/send.js looks for it. */
export const DIRECT = Symbol.for('docker-registry-client-wasm.direct.1');

/** @param {() => Transport} transport */
export const directly =
  (transport) =>
  /**
   * @param {string} method
   * @param {string} url
   * @param {string[]} fields
   * @param {Uint8Array | Pull | undefined} body
   * @param {Settled} settled
   * @param {number} id
   */
  (method, url, fields, body, settled, id) =>
    transport().send(method, url, fields, body, {
      answered: ({ statusCode = 0, rawHeaders }, body) => {
        const length = body instanceof Uint8Array ? body.length : -1;
        settled(id, statusCode, rawHeaders.join('\n'), undefined, false, body, length);
      },
      failed: (error) => settled(id, 0, '', undefined, false, error, -1),
    });
