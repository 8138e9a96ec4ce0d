// The host features for schema 1 manifests: WebCrypto signatures, and gzip.

const subtle = () => {
  try {
    return globalThis.crypto?.subtle;
  } catch {
    return undefined;
  }
};

/** @type {Record<string, string>} */
const CURVES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/**
 * WebCrypto's name for "ES256" and the like.
 * @param {string} algorithm
 */
function parameters(algorithm) {
  const hash = `SHA-${algorithm.slice(2)}`;
  const namedCurve = CURVES[algorithm];
  return namedCurve ? { name: 'ECDSA', namedCurve, hash } : { name: 'RSASSA-PKCS1-v1_5', hash };
}

/**
 * Verifies a signature. Resolves to undefined if the host lacks the algorithm, and to false for an invalid key.
 * @param {string} algorithm
 * @param {BufferSource} key
 * @param {BufferSource} input
 * @param {BufferSource} signature
 */
export async function verify(algorithm, key, input, signature) {
  const crypto = subtle();
  if (!crypto) return undefined;
  try {
    const how = parameters(algorithm);
    const imported = await crypto.importKey('spki', key, how, false, ['verify']);
    return (await crypto.verify(how, imported, signature, input)) === true;
  } catch (error) {
    return /** @type {Partial<Error> | undefined} */ (error)?.name === 'NotSupportedError' ? undefined : false;
  }
}

/**
 * A pair of keys: a fresh one, the one given, or that of a JSON web key; undefined where the host has no such thing, and null
 * where what was given is no such key.
 * @param {(Partial<CryptoKeyPair> & JsonWebKey) | undefined} given
 */
export async function pairOf(given) {
  const crypto = subtle();
  if (!crypto) return undefined;
  if (given === undefined) return crypto.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  try {
    const { privateKey, publicKey, kty, crv, x, y, d } = given;
    if (privateKey && publicKey) return { privateKey, publicKey };
    const how = /** @type {EcKeyImportParams} */ ({ name: 'ECDSA', namedCurve: crv });
    /** @param {JsonWebKey} key @param {KeyUsage} use */
    const imported = (key, use) => crypto.importKey('jwk', { kty, crv, x, y, ...key }, how, true, [use]);
    return { privateKey: await imported({ d }, 'sign'), publicKey: await imported({}, 'verify') };
  } catch {
    return null;
  }
}

/**
 * A pair's public key in DER.
 * @param {CryptoKeyPair} pair
 */
export const publicKeyOf = async ({ publicKey }) =>
  new Uint8Array(await /** @type {SubtleCrypto} */ (subtle()).exportKey('spki', publicKey));

/** @param {string} algorithm @param {CryptoKeyPair} pair @param {BufferSource} input */
export const sign = async (algorithm, { privateKey }, input) =>
  new Uint8Array(await /** @type {SubtleCrypto} */ (subtle()).sign(parameters(algorithm), privateKey, input));

/** Unpacks gzip into `take(bytes)`. Throws where the host cannot. */
export class Unpacker {
  /** @param {(bytes: Uint8Array) => void} take */
  constructor(take) {
    const { readable, writable } = new DecompressionStream('gzip');
    this.writer = writable.getWriter();
    this.reader = readable.getReader();
    this.end = this.drain(take);
    // write() and the end report a rejection; without this handler it would be unhandled until then.
    this.end.catch(() => {});
  }

  /** @param {(bytes: Uint8Array) => void} take */
  async drain(take) {
    for (;;) {
      const { done, value } = await this.reader.read();
      if (done) return;
      take(value);
    }
  }

  /**
   * Resolves when the bytes are unpacked and taken, so that no more are under way.
   * @param {BufferSource} bytes
   */
  write(bytes) {
    return this.writer.write(bytes);
  }

  async finish() {
    await this.writer.close();
    await this.end;
  }

  /** Ends it early. */
  cancel() {
    this.writer.abort().catch(() => {});
  }
}
