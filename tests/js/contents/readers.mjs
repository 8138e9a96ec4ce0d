// What GNU tar, bsdtar and Python's tarfile list of an archive, in the same words as this package. Paths are bytes, as characters of
// Latin-1.
import { execFileSync } from 'node:child_process';

import { find } from '../../../www/registry/programs.mjs';

const MAX = { maxBuffer: 1 << 28 };

/** The path that stands for a name: absolute, without a last slash. */
const pathOf = (name) => `/${name.replace(/^(\.?\/+)?(\.$)?/, '').replace(/\/+$/, '')}`;

/** What every reader tells of an entry. */
function fact({ name, kind, size, mode, uid, gid, mtime, target = '' }) {
  const isFile = kind === 'file';
  // A link has the permissions of what it leads to, and programs write what they like.
  return {
    path: pathOf(name),
    kind,
    size: isFile ? size : 0,
    mode: kind === 'symlink' ? 0 : mode,
    uid,
    gid,
    mtime,
    target,
  };
}

const PYTHON = `
import hashlib, json, sys, tarfile
kinds = {b'0': 'file', b'\\0': 'file', b'1': 'hardlink', b'2': 'symlink', b'3': 'character-device', b'4': 'block-device', b'5': 'directory', b'6': 'fifo', b'S': 'file'}
def latin(name): return name.encode('utf-8', 'surrogateescape').decode('latin-1')
with tarfile.open(fileobj=sys.stdin.buffer, mode='r|', errors='surrogateescape') as archive:
    def told(m):
        content = archive.extractfile(m).read() if m.isreg() else b''
        return dict(name=latin(m.name), kind=kinds[m.type], size=m.size, mode=m.mode, uid=m.uid, gid=m.gid,
                    mtime=int(m.mtime // 1), target=latin(m.linkname), sha256=hashlib.sha256(content).hexdigest() if m.isreg() else None)
    json.dump([told(m) for m in archive], sys.stdout)
`;

/** `contents`: sha256 of each file, in the order of the archive. */
export function python(archive) {
  const told = JSON.parse(execFileSync('python3', ['-c', PYTHON], { input: archive, ...MAX }));
  const contents = told.flatMap(({ name, kind, sha256 }) => (kind === 'file' ? [[pathOf(name), sha256]] : []));
  return { entries: told.map(fact), contents };
}

const SHORT = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };
/** Escapes of C. */
const unescaped = (text) =>
  text.replace(/\\([0-7]{3}|.)/g, (_, one) =>
    one.length === 3 ? String.fromCharCode(Number.parseInt(one, 8)) : (SHORT[one] ?? one),
  );

const KINDS = {
  '-': 'file',
  h: 'hardlink',
  l: 'symlink',
  c: 'character-device',
  b: 'block-device',
  d: 'directory',
  p: 'fifo',
};
const LINE =
  /^(.)(.{9}) +(\d+)\/(\d+) +([\d,]+) (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? +"((?:[^"\\]|\\.)*)"(?: (?:->|link to) "((?:[^"\\]|\\.)*)")?$/;

/** The number of "rwsr-xr-x". */
function modeOf(text) {
  const bits = [...text].reduce((sum, letter, at) => sum | (/[rwxst]/.test(letter) ? 0o400 >> at : 0), 0);
  const special = [2, 5, 8].map((at, index) => (/[sStT]/.test(text[at]) ? 0o4000 >> index : 0));
  return special.reduce((sum, bit) => sum | bit, bits);
}

/** GNU tar's list. */
export function gnuTar(archive) {
  const options = ['--numeric-owner', '--full-time', '--quoting-style=c', '-tvf', '-'];
  const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
  const text = execFileSync('tar', options, { input: archive, env, encoding: 'latin1', ...MAX });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const found = LINE.exec(line);
      if (!found) throw new Error(`not what tar writes: ${line}`);
      const [, letter, mode, uid, gid, size, day, time, name, target = ''] = found;
      return fact({
        name: unescaped(name),
        kind: KINDS[letter],
        size: Number(size),
        mode: modeOf(mode),
        uid: Number(uid),
        gid: Number(gid),
        mtime: Date.parse(`${day}T${time}Z`) / 1000,
        target: unescaped(target),
      });
    });
}

const TYPES = { dir: 'directory', link: 'symlink', char: 'character-device', block: 'block-device' };

/** bsdtar's conversion into mtree, which is sorted and has the contents' hashes. A hard link is a file without content there. */
export function bsdtar(archive) {
  const keys = ['type', 'size', 'mode', 'uid', 'gid', 'time', 'link', 'sha256'].map((key) => `mtree:${key}`);
  const options = ['-cf', '-', '--format=mtree', `--options=mtree:!all,${keys}`, '@-'];
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  const lines = execFileSync(find('bsdtar'), options, { input: archive, env, encoding: 'latin1', ...MAX })
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const told = lines.map((line) => {
    const [name, ...words] = line.split(' ').map(unescaped);
    const { type, size, mode, uid, gid, time, link, sha256digest } = Object.fromEntries(
      words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    );
    const entry = {
      name,
      kind: TYPES[type] ?? type,
      size: Number(size ?? 0),
      mode: Number.parseInt(mode, 8),
      uid: Number(uid),
      gid: Number(gid),
      mtime: Math.floor(Number(time)),
      target: link,
    };
    return { ...fact(entry), sha256: sha256digest };
  });
  const entries = told.map(({ sha256: _, ...entry }) => entry);
  return { entries, contents: told.flatMap(({ path, sha256 }) => (sha256 ? [[path, sha256]] : [])) };
}

const latin1 = (text) => Buffer.from(text).toString('latin1');

/** What `layerFiles()` gives. */
export const ours = (entries) =>
  entries.map(({ path, pathBytes, kind, size, mode, uid, gid, mtime, linkTarget }) =>
    fact({
      name: pathBytes ? Buffer.from(pathBytes).toString('latin1') : latin1(path),
      kind,
      size,
      mode,
      uid,
      gid,
      mtime: Math.floor(mtime.getTime() / 1000),
      target: linkTarget && latin1(linkTarget),
    }),
  );

/** The argument of `readFile()` for such a path. */
export const asBytes = (path) => new Uint8Array(Buffer.from(path, 'latin1'));
