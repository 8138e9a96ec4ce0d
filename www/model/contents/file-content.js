// The content of a file of an image, as far as a page can show it.

/** Larger files are not read whole: their beginning is shown. */
export const WHOLE = 8 * 1024 * 1024;
const BEGINNING = 256 * 1024;

/** The path as the package takes it; a name that is not UTF-8 is bytes. */
const pathOf = (entry) => entry.pathBytes ?? entry.path;
/** A file is read from its layer, also if a later one hides it. A link may lead to any layer below. */
const placeOf = (entry, upTo) => (entry.kind === 'file' ? { layer: entry.layer } : { upTo });

/** Resolves to `{ bytes, isWhole }`. Only what is whole has been verified. */
export async function readContent(image, entry, { upTo, ...options }) {
  const where = { ...placeOf(entry, upTo), ...options };
  if (entry.size <= WHOLE) return { bytes: await image.readFile(pathOf(entry), where), isWhole: true };
  const reader = (await image.fileStream(pathOf(entry), where)).getReader();
  const bytes = new Uint8Array(BEGINNING);
  let size = 0;
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    bytes.set(value.subarray(0, BEGINNING - size), size);
    size += Math.min(value.byteLength, BEGINNING - size);
    if (size === BEGINNING) break;
  }
  await reader.cancel();
  return { bytes: bytes.subarray(0, size), isWhole: false };
}

/** The same as a stream to save; progress counts the bytes of the file, not of the layers. */
export async function contentStream(image, entry, { upTo, onProgress, signal }) {
  const stream = await image.fileStream(pathOf(entry), { ...placeOf(entry, upTo), signal });
  let loaded = 0;
  const counter = new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      onProgress({ loaded });
      controller.enqueue(chunk);
    },
  });
  return stream.pipeThrough(counter);
}

const PICTURES = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF....WEBP/s],
  ['image/avif', /^....ftypavi[fs]/s],
  ['image/bmp', /^BM....\0\0\0\0/s],
  ['image/x-icon', /^\0\0\x01\0[\x01-\xff]\0/],
];
/** A picture of more pixels takes more memory than a tab should. */
const MOST_PIXELS = 50_000_000;

/** The media type of a picture that can be shown, by its first bytes; an SVG by its name, since it is text. */
export function pictureType(bytes, path) {
  const start = String.fromCharCode(...bytes.subarray(0, 32));
  const [type] = PICTURES.find(([, pattern]) => pattern.test(start)) ?? [];
  if (type === 'image/png' && pixels(bytes, 16) > MOST_PIXELS) return undefined;
  return (
    type ??
    (/\.svg$/i.test(path) && /<svg[\s>]/.test(textOf(bytes.subarray(0, 4096)) ?? '') ? 'image/svg+xml' : undefined)
  );
}

function pixels(bytes, at) {
  if (bytes.byteLength < at + 8) return Number.POSITIVE_INFINITY;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  return view.getUint32(0) * view.getUint32(4);
}

/** The bytes as text; undefined if they are none. `isCut`: the last character may be incomplete. */
export function textOf(bytes, { isCut = true } = {}) {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return undefined;
  }
}

/** A line for each 16 bytes: offset, bytes, and the ASCII characters among them. */
export function hexOf(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const line = Array.from(bytes.subarray(at, at + 16));
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0'));
    const halves = [hex.slice(0, 8).join(' '), hex.slice(8).join(' ')].join('  ');
    const text = line.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${halves.padEnd(48)}  ${text}`);
  }
  return lines.join('\n');
}
