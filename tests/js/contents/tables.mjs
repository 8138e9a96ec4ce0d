// Layers with tables of contents: eStargz and zstd:chunked, written here from their descriptions.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';

import { digestOf } from '../../../www/registry/content.mjs';
import { tar } from '../../../www/registry/tar.mjs';
import { layerOf, zstd } from './sample.mjs';

const HEADER = 512;
const END = 1024;
const MTIME = 1_767_323_045;
const kinds = { file: 'reg', folder: 'dir', symlink: 'symlink', hardlink: 'hardlink' };

/** What an entry takes in an archive, and its fields in a table. */
function parts(entry) {
  const { path, type = 'file', target, mode = type === 'folder' ? 0o755 : 0o644, uid = 0, gid = 0 } = entry;
  const all = tar([{ ...entry, mtime: MTIME }]);
  const content = Buffer.from(entry.content ?? '');
  return {
    header: all.subarray(0, HEADER),
    content,
    padding: all.subarray(HEADER + content.length, all.length - END),
    fields: {
      name: type === 'folder' ? `${path}/` : path,
      type: kinds[type],
      modtime: new Date(MTIME * 1000).toISOString().replace('.000', ''),
      mode,
      uid,
      gid,
      ...(target && { linkName: target }),
      ...(content.length > 0 && { size: content.length, digest: digestOf(content), chunkDigest: digestOf(content) }),
    },
  };
}

/** Compresses an archive so that each file's content begins a piece; and the entries of its table. */
function inPieces(entries, compress) {
  const pieces = [];
  const archive = [];
  const table = [];
  let pending = [];
  let offset = 0;
  const close = () => {
    const bytes = Buffer.concat(pending);
    pending = [];
    if (bytes.length === 0) return;
    archive.push(bytes);
    pieces.push(compress(bytes));
    offset += pieces.at(-1).length;
  };
  for (const { header, content, padding, fields } of entries.map(parts)) {
    pending.push(header);
    if (content.length > 0) {
      close();
      fields.offset = offset;
    }
    pending.push(content, padding);
    table.push(fields);
  }
  close();
  return { packed: Buffer.concat(pieces), archive: Buffer.concat(archive), table };
}

const json = (entries) => Buffer.from(JSON.stringify({ version: 1, entries }));

/** A gzip member without content whose extra field says where the table is. */
function footer(offset) {
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 26, 0, 0x53, 0x47, 22, 0]);
  const text = Buffer.from(`${offset.toString(16).padStart(16, '0')}STARGZ`);
  return Buffer.concat([head, text, Buffer.from([1, 0, 0, 0xff, 0xff]), Buffer.alloc(8)]);
}

/**
 * @param {object[]} entries of tar.mjs
 * @param {{ change?: (table: object[]) => void, digest?: string }} [options] `change`: of the table before it is written; `digest`:
 *   instead of the table's
 */
export function estargz(entries, { change = () => {}, digest } = {}) {
  const { packed, archive, table } = inPieces(entries, gzipSync);
  change(table);
  const text = json(table);
  const last = tar([{ path: 'stargz.index.json', content: text }]);
  return layerOf(Buffer.concat([archive, last]), {
    pack: () => Buffer.concat([packed, gzipSync(last), footer(packed.length)]),
    annotations: { 'containerd.io/snapshot/stargz/toc.digest': digest ?? digestOf(text) },
  });
}

/** The same as zstd:chunked. */
export function chunked(entries, { change = () => {}, digest } = {}) {
  const { packed, archive, table } = inPieces(entries, zstd);
  change(table);
  const text = json(table);
  const manifest = zstd(text);
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  skippable.writeUInt32LE(manifest.length, 4);
  const end = Buffer.alloc(END);
  const content = Buffer.concat([packed, zstd(end), skippable]);
  const prefix = 'io.github.containers.zstd-chunked.manifest';
  return layerOf(Buffer.concat([archive, end]), {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
    pack: () => Buffer.concat([content, manifest]),
    annotations: {
      [`${prefix}-checksum`]: digest ?? digestOf(manifest),
      [`${prefix}-position`]: `${content.length}:${manifest.length}:${text.length}:1`,
    },
  });
}

/** The script of a registry with an image of these layers that knows ranges, and how many bytes of layers it sent. */
export function serving(one, layers, repository = 'a/b') {
  const state = { sent: 0, ranges: [], script: {} };
  const blobs = [...one.blobs, ...layers];
  const answer =
    ({ bytes, descriptor }) =>
    (request, response) => {
      const [, first, last] = request.headers.range?.match(/^bytes=(\d+)-(\d+)$/) ?? [];
      const part = first === undefined ? bytes : bytes.subarray(Number(first), Number(last) + 1);
      if (layers.some((layer) => layer.descriptor.digest === descriptor.digest)) {
        state.sent += part.length;
        state.ranges.push(request.headers.range);
      }
      const range = first !== undefined && { 'content-range': `bytes ${first}-${last}/${bytes.length}` };
      response.writeHead(range ? 206 : 200, { 'content-length': part.length, ...range });
      response.end(part);
    };
  state.script[`/v2/${repository}/manifests/1`] = (_, response) => {
    response.writeHead(200, { 'content-type': one.mediaType, 'content-length': one.bytes.length });
    response.end(one.bytes);
  };
  for (const blob of blobs) state.script[`/v2/${repository}/blobs/${blob.descriptor.digest}`] = answer(blob);
  return state;
}

/** Reads a file by two links, with ranges of fewer than so many bytes in all. */
export async function readsByRanges(image, content, state, most) {
  for (const path of ['/etc/link', 'etc/hard']) assert.ok(content.equals(await image.readFile(path)), path);
  assert.ok(state.sent < most, `${state.sent} bytes, ${most} at most`);
  assert.ok(
    state.ranges.every((range) => /^bytes=\d+-\d+$/.test(range)),
    String(state.ranges),
  );
}

/** What a table tells of an entry. */
export const fieldsOf = ({ path, kind, size, mode, uid, gid, mtime, linkTarget }) =>
  JSON.stringify([path, kind, size, mode, uid, gid, mtime, linkTarget]);
