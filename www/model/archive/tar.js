// Reads which members a tar has, and the small ones: documents. Of a file that is not compressed, the rest is not even read.

const BLOCK = 512;
/** A document of an archive is at most this large; registries take no larger manifests. */
const DOCUMENT = 4 * 1024 * 1024;
const ALL_DOCUMENTS = 64 * 1024 * 1024;
const MOST_MEMBERS = 100_000;

/** The file is no tar, or not one that this can look into. The package has the last word when it is pushed. */
export class Unreadable extends Error {}

/** "gzip", "zstd", "tar", or undefined for anything else. */
export async function kindOf(blob) {
  const head = new Uint8Array(await blob.slice(0, BLOCK).arrayBuffer());
  const begins = (...bytes) => bytes.every((byte, at) => head[at] === byte);
  if (begins(0x1f, 0x8b)) return 'gzip';
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  return head.length === BLOCK && isHeader(head) ? 'tar' : undefined;
}

/**
 * Resolves to the files: `Map` of path to `{ size, bytes() }`; `bytes` is there for small ones only.
 * @param {Blob} blob
 * @param {'tar' | 'gzip'} kind
 * @param {AbortSignal} signal
 */
export async function membersOf(blob, kind, signal) {
  const source = kind === 'gzip' ? unpacked(blob) : plain(blob);
  const members = new Map();
  let path;
  let kept = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      const header = await source.take(BLOCK);
      if (!header || header.every((byte) => byte === 0)) return members;
      if (!isHeader(header)) throw new Unreadable('a header is damaged');
      const size = numberIn(header, 124, 12);
      const type = String.fromCharCode(header[156]);
      const isExtension = type === 'L' || type === 'x';
      if (isExtension) {
        if (size > BLOCK * 128) throw new Unreadable('a name is too long');
        path = nameIn(type, await source.take(size)) ?? path;
      } else {
        const name = (path ?? pathIn(header)).replace(/^(\.?\/)+/, '');
        const isFile = type === '0' || type === '\0';
        const isDocument = isFile && size <= DOCUMENT && kept + size <= ALL_DOCUMENTS;
        if (isFile) members.set(name, await source.member(size, isDocument));
        else await source.skip(size);
        if (isDocument) kept += size;
        path = undefined;
      }
      await source.skip(-size & (BLOCK - 1));
      if (members.size > MOST_MEMBERS) throw new Unreadable('it has too many files');
    }
  } finally {
    source.close();
  }
}

/** A file that is not compressed: one goes where one wants. */
function plain(blob) {
  let at = 0;
  const read = async (from, size) => new Uint8Array(await blob.slice(from, from + size).arrayBuffer());
  return {
    async take(size) {
      const bytes = await read(at, size);
      at += size;
      return bytes.length === size ? bytes : undefined;
    },
    skip(size) {
      at += size;
    },
    member(size, isDocument) {
      const from = at;
      at += size;
      return { size, ...(isDocument && { bytes: () => read(from, size) }) };
    },
    close() {},
  };
}

/** A compressed one is read from its beginning to its end. */
function unpacked(blob) {
  const reader = blob.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  let rest = new Uint8Array();
  /** `keep`: collects the bytes; else they are only passed. */
  async function pass(size, keep) {
    const pieces = [];
    let missing = size;
    while (missing > 0) {
      if (rest.length === 0) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        rest = value;
      }
      const piece = rest.subarray(0, missing);
      if (keep) pieces.push(piece);
      rest = rest.subarray(piece.length);
      missing -= piece.length;
    }
    return keep ? new Uint8Array(await new Blob(pieces).arrayBuffer()) : new Uint8Array();
  }
  return {
    take: (size) => pass(size, true),
    async skip(size) {
      if (!(await pass(size, false))) throw new Unreadable('it ends early');
    },
    async member(size, isDocument) {
      const bytes = await pass(size, isDocument);
      if (!bytes) throw new Unreadable('it ends early');
      return { size, ...(isDocument && { bytes: async () => bytes }) };
    },
    close: () => reader.cancel().catch(() => {}),
  };
}

/** By its checksum: the magic is missing in old tars. */
function isHeader(header) {
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 1) sum += at >= 148 && at < 156 ? 32 : header[at];
  return sum === numberIn(header, 148, 8);
}

const textIn = (bytes, from, length) => {
  const part = bytes.subarray(from, from + length);
  const end = part.indexOf(0);
  return new TextDecoder().decode(end < 0 ? part : part.subarray(0, end));
};

/** Octal, or base 256 for what is larger than 8 GiB. */
function numberIn(header, from, length) {
  if (!(header[from] & 0x80)) return Number.parseInt(textIn(header, from, length).trim(), 8) || 0;
  return header.subarray(from + 1, from + length).reduce((value, byte) => value * 256 + byte, 0);
}

function pathIn(header) {
  const isUstar = textIn(header, 257, 5) === 'ustar' && header[262] === 0;
  const prefix = isUstar ? textIn(header, 345, 155) : '';
  return prefix ? `${prefix}/${textIn(header, 0, 100)}` : textIn(header, 0, 100);
}

/** GNU's long name, or the path of a pax header. */
function nameIn(type, bytes) {
  if (!bytes) throw new Unreadable('it ends early');
  const text = textIn(bytes, 0, bytes.length);
  return type === 'L' ? text : /(?:^|\n)\d+ path=(.*)\n/.exec(text)?.[1];
}
