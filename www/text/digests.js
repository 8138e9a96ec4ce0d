// Digests in documents.

const DIGEST = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const HEX_LENGTH = { __proto__: null, sha256: 64, sha512: 128 };

export const isDigest = (text) => typeof text === 'string' && DIGEST.test(text);

/** The digest that a member of a document states: as a text, or as in-toto has it, `"sha256": "<hex>"`. */
export function digestIn(text, key) {
  if (isDigest(text)) return text;
  const isHex = typeof text === 'string' && /^[0-9a-f]+$/.test(text);
  return isHex && HEX_LENGTH[key] === text.length ? `${key}:${text}` : undefined;
}
