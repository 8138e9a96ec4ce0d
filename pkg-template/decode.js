// Reads the modules that stand in the JavaScript as text (wasm/*.inline.js). Every start waits for this.

/**
 * The bytes behind a text in a prefix code. Frequent bytes, those of which `frequent` has a 1, are one character of the alphabet
 * each, all others two, of which the first is one of the alphabet's last two. Both are in the order of their values.
 * @param {{ alphabet: string, frequent: string, length: number, text: string }} module
 */
export function decoded({ alphabet, frequent, length, text }) {
  const singles = alphabet.length - 2;
  const order = [...frequent].map((_, byte) => byte);
  order.sort((one, other) => +frequent[other] - +frequent[one] || one - other);
  /** Three rows, by character: the byte, or 256 and 257 for the rows of the characters that begin a pair. */
  const table = new Uint16Array(3 * 128);
  for (let place = 0; place < alphabet.length; place += 1) {
    const character = alphabet.charCodeAt(place);
    table[character] = place < singles ? order[place] : 256 + place - singles;
    table[128 + character] = order[singles + place];
    table[256 + character] = order[singles + alphabet.length + place];
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
