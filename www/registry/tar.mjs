// A tar writer (POSIX ustar), enough for sample layers: files, folders, links, and names up to 255 bytes.

const BLOCK = 512;
const types = { file: '0', hardlink: '1', symlink: '2', folder: '5' };

/**
 * @typedef {{ path: string | Buffer, type?: keyof types, content?: string | Uint8Array, target?: string, mode?: number, uid?: number, gid?: number, mtime?: number }} Entry
 * @param {Entry[]} entries
 */
export function tar(entries) {
  const parts = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? '');
    return [header(entry, content.length), content, Buffer.alloc(-content.length & (BLOCK - 1))];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(
  {
    path,
    type = 'file',
    target = '',
    mode = type === 'folder' ? 0o755 : 0o644,
    uid = 0,
    gid = 0,
    mtime = 1_767_323_045,
  },
  size,
) {
  const block = Buffer.alloc(BLOCK);
  const text = (at, length, value) => {
    const bytes = Buffer.from(value);
    if (bytes.length > length) throw new RangeError(`too long for tar: ${value}`);
    bytes.copy(block, at);
  };
  const octal = (at, length, value) => text(at, length - 1, value.toString(8).padStart(length - 1, '0'));
  const [prefix, name] = split(type === 'folder' ? `${path}/` : path);
  text(0, 100, name);
  octal(100, 8, mode);
  octal(108, 8, uid);
  octal(116, 8, gid);
  octal(124, 12, size);
  octal(136, 12, mtime);
  block.fill(' ', 148, 156);
  text(156, 1, types[type]);
  text(157, 100, target);
  text(257, 8, 'ustar\u000000');
  text(345, 155, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(148, 8, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** The part of a long path that goes into the prefix field, and the rest. */
function split(path) {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  const cut = path.indexOf('/', path.length - 101);
  if (cut < 0) throw new RangeError(`no place to split a long path: ${path}`);
  return [path.slice(0, cut), path.slice(cut + 1)];
}
