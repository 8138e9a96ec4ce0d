// Reads the modules that stand in the JavaScript as text (wasm/*.inline.js). Every start waits for this.

/**
 * The bytes behind a text in a prefix code. Frequent bytes, those of which `frequent` has a 1, are one character of the alphabet
 * each: a character stands for its own byte if that is frequent, or else for the next frequent byte that no character stands for. All
 * others are two, of which the first is one of the alphabet's last two. Both are in the order of their values.
 * @param {{ alphabet: string, frequent: string, length: number, text: string }} module
 */
export function decoded({ alphabet, frequent, length, text }) {
  const singles = alphabet.slice(0, -2);
  const isFrequent = (/** @type {number} */ byte) => frequent[byte] === '1';
  const all = Array.from(frequent, (_, byte) => byte);
  const rare = all.filter((byte) => !isFrequent(byte));
  const others = all.filter((byte) => isFrequent(byte) && !singles.includes(String.fromCharCode(byte)));
  /** Three rows, by character: the byte, or 256 and 257 for the rows of the characters that begin a pair. */
  const table = new Uint16Array(3 * 128);
  for (let place = 0; place < alphabet.length; place += 1) {
    const character = alphabet.charCodeAt(place);
    if (place >= singles.length) table[character] = 256 + place - singles.length;
    else table[character] = isFrequent(character) ? character : /** @type {number} */ (others.shift());
    table[128 + character] = rare[place];
    table[256 + character] = rare[alphabet.length + place];
  }
  const characters = new TextEncoder().encode(text);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let index = 0; index < length; index += 1) {
    let byte = table[characters[at++]];
    if (byte > 255) byte = table[(byte - 255) * 128 + characters[at++]];
    bytes[index] = byte;
  }
  return bytes;
}
