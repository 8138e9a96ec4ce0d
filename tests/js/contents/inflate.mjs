// Where the blocks of a gzip stream begin (RFC 1951), which zlib of Node does not tell.

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const MORE = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const END = 256;
const LONGEST = 15;

/** A prefix code by the lengths of its words: how many words each length has, and the symbols in their order. */
function codeOf(lengths) {
  const counts = new Array(LONGEST + 1).fill(0);
  for (const length of lengths) counts[length] += 1;
  counts[0] = 0;
  const symbols = [...lengths.keys()].filter((symbol) => lengths[symbol] > 0);
  symbols.sort((one, other) => lengths[one] - lengths[other] || one - other);
  return { counts, symbols };
}

const fixed = [
  codeOf([...new Array(144).fill(8), ...new Array(112).fill(9), ...new Array(24).fill(7), ...new Array(8).fill(8)]),
  codeOf(new Array(30).fill(5)),
];

/**
 * @param {Buffer} packed one gzip member whose header has no further fields
 * @yields {{ bit: number, offset: number }} where each block begins in it, and in what it gives
 */
export function* inflateBlocks(packed) {
  let bit = 10 * 8;
  let offset = 0;
  const take = (count) => {
    let value = 0;
    for (let index = 0; index < count; index += 1, bit += 1) value |= ((packed[bit >> 3] >> (bit & 7)) & 1) << index;
    return value;
  };
  const symbol = ({ counts, symbols }) => {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length <= LONGEST; length += 1) {
      code |= take(1);
      if (code - first < counts[length]) return symbols[index + code - first];
      index += counts[length];
      first = (first + counts[length]) << 1;
      code <<= 1;
    }
    throw new Error(`no code at bit ${bit}`);
  };
  const dynamic = () => {
    const [literals, distances, count] = [take(5) + 257, take(5) + 1, take(4) + 4];
    const lengths = new Array(19).fill(0);
    for (const place of ORDER.slice(0, count)) lengths[place] = take(3);
    const code = codeOf(lengths);
    const all = [];
    while (all.length < literals + distances) {
      const next = symbol(code);
      if (next < 16) all.push(next);
      else if (next === 16) all.push(...new Array(3 + take(2)).fill(all.at(-1)));
      else all.push(...new Array(next === 17 ? 3 + take(3) : 11 + take(7)).fill(0));
    }
    return [codeOf(all.slice(0, literals)), codeOf(all.slice(literals))];
  };
  for (let isLast = false; !isLast; ) {
    yield { bit, offset };
    isLast = take(1) === 1;
    const type = take(2);
    if (type === 0) {
      bit = Math.ceil(bit / 8) * 8;
      const length = take(16);
      bit += 16 + 8 * length;
      offset += length;
      continue;
    }
    const [literals, distances] = type === 1 ? fixed : dynamic();
    for (let next = symbol(literals); next !== END; next = symbol(literals)) {
      if (next < END) {
        offset += 1;
        continue;
      }
      offset += LENGTHS[next - 257] + take(MORE[next - 257]);
      const distance = symbol(distances);
      bit += Math.max(0, (distance >> 1) - 1);
    }
  }
}
