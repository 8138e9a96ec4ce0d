// Layers made by GNU tar of files that exist, and of whiteouts, which do not; and what other programs say of them.
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  link,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { blob, digestOf, image, types } from '../../../www/registry/content.mjs';
import { find } from '../../../www/registry/programs.mjs';
import { tar } from '../../../www/registry/tar.mjs';

export const isRoot = process.getuid?.() === 0;
export const run = promisify(execFile);
const MEBI = 1024 * 1024;

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** A layer of an archive as it is. */
export function layerOf(archive, { mediaType = types.ociLayer, pack = gzipSync, ...fields } = {}) {
  return { ...blob(mediaType, pack(archive), fields), diffId: digestOf(archive), archive };
}

/** A frame of zstd (RFC 8878) whose blocks are not compressed: Node has zstd since 22. */
export function zstd(bytes) {
  const BLOCK = 64 * 1024;
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
  header.writeUInt32LE(bytes.length, 5);
  const blocks = Array.from({ length: Math.ceil(bytes.length / BLOCK) }, (_, at) => {
    const part = bytes.subarray(at * BLOCK, (at + 1) * BLOCK);
    const isLast = (at + 1) * BLOCK >= bytes.length;
    const head = Buffer.alloc(3);
    head.writeUIntLE((part.length << 3) | Number(isLast), 0, 3);
    return Buffer.concat([head, part]);
  });
  return Buffer.concat([header, ...blocks]);
}

/** Files of every kind that tar and this user can make. */
export async function makeFiles(path) {
  const at = (name) => join(path, name);
  const file = async (name, content, mode = 0o644) => {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), content, { mode });
  };
  await file('usr/lib/os-release', 'ID=sample\nVERSION_ID="1"\n');
  await mkdir(at('etc'));
  await symlink('../usr/lib/os-release', at('etc/os-release'));
  await symlink('/etc/os-release', at('etc/absolute'));
  await symlink('usr/lib', at('lib'));
  await symlink('two', at('etc/one'));
  await symlink('one', at('etc/two'));
  await file('etc/passwd', 'root:x:0:0::/root:/bin/sh\n');
  await file('etc/gone', 'deleted by the second layer');
  await file('etc/replaced', 'old and longer');
  await file('bin/su', '#!/bin/sh\n', 0o755);
  await execFileSync('chmod', ['4755', at('bin/su')]);
  await file('opaque/old', 'hidden by an opaque whiteout');
  await file('opaque/deep/old', 'hidden too');
  await file('tree/a/b', 'deleted with its folder');
  await file('links/first', 'one content, two names');
  await link(at('links/first'), at('links/second'));
  await link(at('etc/absolute'), at('links/symlink'));
  await file(`long/${'n'.repeat(120)}/${'m'.repeat(130)}`, 'a long name');
  await file('names/été 日本', 'not ASCII');
  await writeFile(Buffer.concat([Buffer.from(at('names/raw-')), Buffer.from([0xff])]), 'not UTF-8');
  await file('empty', '');
  await file('large', Buffer.from(Array.from({ length: 3 * MEBI }, (_, index) => (index * 2_654_435_761) >>> 24)));
  await file('sparse', 'begins');
  await truncate(at('sparse'), 8 * MEBI);
  execFileSync('mkfifo', [at('pipe')]);
  await utimes(at('etc/passwd'), 1_700_000_000, 1_600_000_000.25);
  if (isRoot) {
    execFileSync('mknod', [at('null'), 'c', '1', '3']);
    execFileSync('mknod', [at('disk'), 'b', '8', '1']);
    execFileSync('chown', ['1000:100', at('etc/passwd')]);
  }
}

/** The first layer, by GNU tar. */
async function base(path) {
  await makeFiles(path);
  const options = ['--format=pax', '-S', '-C', path, '-cf', '-', '.'];
  return layerOf(execFileSync('tar', options, { maxBuffer: 256 * MEBI }));
}

const second = () =>
  layerOf(
    tar([
      { path: 'etc', type: 'folder' },
      { path: 'etc/.wh.gone' },
      { path: 'etc/replaced', content: 'new' },
      { path: 'opaque', type: 'folder' },
      { path: 'opaque/.wh..wh..opq' },
      { path: 'opaque/new', content: 'the only one' },
      { path: '.wh.tree' },
      { path: 'links', type: 'folder' },
      { path: 'links/.wh.first' },
    ]),
  );

const third = () =>
  layerOf(
    tar([
      { path: 'usr', type: 'folder' },
      { path: 'usr/lib', type: 'folder' },
      { path: 'usr/lib/added', content: 'of the third layer' },
      { path: 'etc', type: 'folder' },
      { path: 'etc/replaced', content: 'new', mode: 0o600 },
    ]),
    { mediaType: types.ociRawLayer, pack: (archive) => archive },
  );

/** An image of three layers. */
export async function sample(path) {
  const layers = [await base(path), second(), third()];
  const runs = ['COPY base /', 'RUN rm -r /etc/gone /tree', 'RUN chmod 600 /etc/replaced'];
  return image(layers.map((layer, index) => ({ run: runs[index], layer })));
}

/** The file system that umoci makes of an image of a registry. */
export async function unpacked(path, reference) {
  const layout = join(path, 'layout');
  const bundle = join(path, 'bundle');
  await run(find('skopeo'), ['copy', '-q', '--src-tls-verify=false', `docker://${reference}`, `oci:${layout}:one`]);
  await run(find('umoci'), ['unpack', ...(isRoot ? [] : ['--rootless']), '--image', `${layout}:one`, bundle]);
  return join(bundle, 'rootfs');
}

const kinds = [
  ['isFile', 'file'],
  ['isDirectory', 'directory'],
  ['isSymbolicLink', 'symlink'],
  ['isFIFO', 'fifo'],
  ['isCharacterDevice', 'character-device'],
  ['isBlockDevice', 'block-device'],
];

/** Everything in a folder by path, as far as any two programs must agree: owners only where they can be set. */
export async function facts(root) {
  const found = new Map();
  const encoding = 'buffer';
  const visit = async (directory, shown) => {
    for (const name of await readdir(directory, { encoding })) {
      const path = Buffer.concat([directory, Buffer.from('/'), name]);
      const stat = await lstat(path);
      const kind = kinds.find(([is]) => stat[is]())[1];
      const place = `${shown}/${name.toString()}`;
      found.set(place, {
        kind,
        ...(kind !== 'symlink' && { mode: stat.mode & 0o7777 }),
        ...(isRoot && { uid: stat.uid, gid: stat.gid }),
        ...(kind === 'file' && {
          mtime: Math.floor(stat.mtimeMs / 1000),
          size: stat.size,
          content: sha256(await readFile(path)),
        }),
        ...(kind === 'symlink' && { target: await readlink(path) }),
      });
      if (kind === 'directory') await visit(path, place);
    }
  };
  await visit(Buffer.from(root), '');
  return found;
}

/** The same of what `files()` lists and `readFile()` reads. */
export async function factsOf(one) {
  const found = new Map();
  const symlinks = new Map();
  for await (const entry of one.files({ upTo: 0 })) if (entry.kind === 'symlink') symlinks.set(entry.path, entry);
  for await (const listed of one.files()) {
    if (listed.path === '/') continue;
    const symlink = listed.kind === 'hardlink' ? symlinks.get(posix.join('/', listed.linkTarget)) : undefined;
    const entry = symlink ? { ...symlink, path: listed.path } : listed;
    const kind = entry.kind === 'hardlink' ? 'file' : entry.kind;
    found.set(entry.path, {
      kind,
      ...(kind !== 'symlink' && { mode: entry.mode }),
      ...(isRoot && { uid: entry.uid, gid: entry.gid }),
      ...(kind === 'file' && {
        mtime: Math.floor(entry.mtime.getTime() / 1000),
        size: entry.size,
        content: sha256(await one.readFile(entry.pathBytes ?? entry.path)),
      }),
      ...(kind === 'symlink' && { target: entry.linkTarget }),
    });
  }
  return found;
}
