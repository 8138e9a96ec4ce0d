// SOCI indexes, written here from the format's description: ztocs are flatbuffers, whose checkpoints are those of zlib's example zran.
import { inflateBlocks } from './inflate.mjs';

import { artifact, blob, digestOf, types } from '../../../www/registry/content.mjs';

export const TYPE = {
  v1: 'application/vnd.amazon.soci.index.v1+json',
  v2: 'application/vnd.amazon.soci.index.v2+json',
};
const WINDOW = 32_768;
const HEADER = 512;
const SPAN = 256 * 1024;

/** Values of a flatbuffer. `null` is a field that a table does not have. */
const long = (value) => ({ put: (buffer, at) => buffer.writeBigInt64LE(BigInt(value), at) });
const int = (value) => ({ put: (buffer, at) => buffer.writeUInt32LE(value, at) });
const byte = (value) => ({ put: (buffer, at) => buffer.writeUInt8(value, at) });
const table = (...fields) => ({ fields });
const list = (items) => ({ items });

function uint(value) {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

/** Writes tables, strings and vectors behind what refers to them. */
function flatbuffer(root) {
  const chunks = [Buffer.alloc(8)];
  let length = 8;
  const append = (buffer) => {
    const padded = Buffer.concat([buffer, Buffer.alloc(-buffer.length & 7)]);
    chunks.push(padded);
    length += padded.length;
    return { buffer: padded, at: length - padded.length };
  };
  const refer = (from, place, value) => {
    const set = (target) => from.buffer.writeUInt32LE(target - (from.at + place), place);
    if (typeof value === 'string' || Buffer.isBuffer(value)) {
      const bytes = Buffer.from(value);
      set(append(Buffer.concat([uint(bytes.length), bytes, Buffer.alloc(1)])).at);
    } else if (value.items) {
      const vector = append(Buffer.concat([uint(value.items.length), Buffer.alloc(4 * value.items.length)]));
      set(vector.at);
      value.items.forEach((item, index) => refer(vector, 4 + 4 * index, item));
    } else {
      const size = 8 + 8 * value.fields.length;
      const slots = Buffer.alloc(4 + 2 * value.fields.length);
      slots.writeUInt16LE(slots.length, 0);
      slots.writeUInt16LE(size, 2);
      value.fields.forEach((field, index) => slots.writeUInt16LE(field === null ? 0 : 8 + 8 * index, 4 + 2 * index));
      const { at: slotsAt } = append(slots);
      const made = append(Buffer.alloc(size));
      made.buffer.writeInt32LE(made.at - slotsAt, 0);
      set(made.at);
      value.fields.forEach((field, index) => {
        if (field?.put) field.put(made.buffer, 8 + 8 * index);
        else if (field !== null) refer(made, 8 + 8 * index, field);
      });
    }
  };
  refer({ buffer: chunks[0], at: 0 }, 0, root);
  return Buffer.concat(chunks);
}

const known = new WeakMap();

/** Where spans of a gzip layer begin: the first full byte, how many bits of the one before, and the uncompressed byte. */
function placesOf(packed) {
  const places = known.get(packed) ?? [];
  if (places.length > 0) return places;
  known.set(packed, places);
  for (const { bit, offset } of inflateBlocks(packed)) {
    if (places.length > 0 && offset - places.at(-1).offset <= SPAN) continue;
    const from = Math.ceil(bit / 8);
    places.push({ from, bits: from * 8 - bit, offset });
  }
  return places;
}

function checkpointsOf(places, archive) {
  const parts = places.map(({ from, bits, offset }) => {
    const head = Buffer.alloc(17);
    head.writeBigInt64LE(BigInt(from), 0);
    head.writeBigInt64LE(BigInt(offset), 8);
    head[16] = bits;
    const before = archive.subarray(Math.max(0, offset - WINDOW), offset);
    return Buffer.concat([head, Buffer.alloc(WINDOW - before.length), before]);
  });
  const size = Buffer.alloc(8);
  size.writeBigInt64LE(BigInt(SPAN));
  return Buffer.concat([uint(places.length), size, ...parts]);
}

const kinds = { file: 'reg', folder: 'dir', symlink: 'symlink', hardlink: 'hardlink' };

/**
 * The ztoc of a layer of entries (of tar.mjs), with the annotations that a SOCI index has of it.
 * @param {object} layer of layerOf()
 * @param {object[]} entries
 * @param {{ change?: (parts: { files: object[], digests: string[], size: number }) => void, cut?: number }} [options] `change`: of what the
 *   ztoc says before it is written; `cut`: bytes of it
 */
export function ztocOf(layer, entries, { change = () => {}, cut } = {}) {
  const { bytes: packed, archive, descriptor } = layer;
  const isPacked = packed !== archive && packed[0] === 0x1f;
  let at = 0;
  const files = entries.map(({ path, type = 'file', content = '', target = '', mode, uid = 0, gid = 0 }) => {
    const size = Buffer.byteLength(content);
    const offset = at + HEADER;
    at = offset + size + (-size & (HEADER - 1));
    const name = type === 'folder' ? `${path}/` : path;
    return {
      name,
      kind: kinds[type],
      offset,
      size,
      target,
      mode: mode ?? (type === 'folder' ? 0o755 : 0o644),
      uid,
      gid,
    };
  });
  const places = isPacked
    ? placesOf(packed)
    : Array.from({ length: Math.ceil(packed.length / SPAN) }, (_, index) => ({ from: index * SPAN, bits: 0 }));
  const digests = places.map(({ from, bits }, index) =>
    digestOf(packed.subarray(from - Number(bits > 0), places[index + 1]?.from ?? packed.length)),
  );
  const said = { files, digests, size: packed.length };
  change(said);
  const metadata = said.files.map(({ name, kind, offset, size, target, mode, uid, gid }) =>
    table(
      ...[name, kind, long(offset), long(size), target, long(mode), int(uid), int(gid), '', ''],
      ...['2026-01-02T03:04:05Z', null, null, list([])],
    ),
  );
  const checkpoints = isPacked
    ? checkpointsOf(places, archive)
    : flatbuffer(table(int(2), long(SPAN), long(packed.length)));
  const algorithm = byte(isPacked ? 1 : 2);
  const info = table(algorithm, int(digests.length - 1), list(said.digests), checkpoints);
  const whole = flatbuffer(table('0.9', 'tests', long(said.size), long(archive.length), table(list(metadata)), info));
  const annotations = {
    'com.amazon.soci.image-layer-digest': descriptor.digest,
    'com.amazon.soci.image-layer-mediaType': descriptor.mediaType,
    'com.amazon.soci.span-size': String(SPAN),
  };
  return blob('application/octet-stream', whole.subarray(0, cut ?? whole.length), { annotations });
}

/** A SOCI index of these ztocs: of the first version, which refers to an image, or of the second. */
export function sociIndex(ztocs, subject) {
  const artifactType = subject ? TYPE.v1 : TYPE.v2;
  // As soci-snapshotter writes it: the type is also the config's.
  const config = blob(artifactType, '{}');
  return artifact({ artifactType, config, layers: ztocs, ...(subject && { subject: subject.descriptor }) });
}

/** What a registry answers for a SOCI index; `sent` counts the bytes of ztocs. */
export function servingIndex(index, repository, state) {
  const script = {};
  script[`/v2/${repository}/manifests/${index.digest}`] = (_, response) => {
    response.writeHead(200, { 'content-type': types.ociManifest, 'content-length': index.bytes.length });
    response.end(index.bytes);
  };
  for (const { bytes, descriptor } of index.blobs) {
    script[`/v2/${repository}/blobs/${descriptor.digest}`] = (_, response) => {
      state.ztocs = (state.ztocs ?? 0) + bytes.length;
      response.writeHead(200, { 'content-length': bytes.length });
      response.end(bytes);
    };
  }
  return script;
}
