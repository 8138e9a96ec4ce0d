// Reads the modules that stand in the JavaScript as text (wasm/*.inline.js).

/**
 * The bytes behind a text in a prefix code. Bytes are numbered by how often they occur: `order`. The first of them are one
 * character of the alphabet each, all others two, of which the first is one of the alphabet's last two.
 * @param {{ alphabet: string, order: number[], length: number, text: string }} module
 */
export function decoded({ alphabet, order, length, text }) {
  const singles = alphabet.length - 2;
  const places = new Uint8Array(128);
  for (let place = 0; place < alphabet.length; place += 1) places[alphabet.charCodeAt(place)] = place;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let index = 0; index < length; index += 1) {
    let number = places[text.charCodeAt(at++)];
    if (number >= singles) number = singles + (number - singles) * alphabet.length + places[text.charCodeAt(at++)];
    bytes[index] = order[number];
  }
  return bytes;
}
