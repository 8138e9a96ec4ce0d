// A layer of real files: what this machine has under /usr, packed by tar, gzip and zstd.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { MIB } from '../units.mjs';

const PLACES = ['usr/share', 'usr/lib', 'usr/bin'];
const MOST = 16 * MIB;

/** Files, each place giving an equal part, that have so many bytes together. */
function chosen(size) {
  return PLACES.flatMap((place) => {
    let left = size / PLACES.length;
    const files = [];
    const visit = (folder) => {
      for (const { name } of readdirSync(join('/', folder), { withFileTypes: true }).sort(byName)) {
        if (left <= 0) return;
        const path = join(folder, name);
        const stat = lstatSync(join('/', path));
        if (stat.isDirectory()) visit(path);
        else if (stat.isFile() && stat.size < MOST) {
          files.push(path);
          left -= stat.size;
        }
      }
    };
    visit(place);
    return files;
  });
}

const byName = ({ name: one }, { name: other }) => (one < other ? -1 : 1);
const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Makes the layer in a folder.
 * @returns its size, number of entries, two of its small files, and what the benchmark's registry needs of it by compression
 */
export function makeLayers(folder, size) {
  const paths = chosen(size);
  const at = (name) => join(folder, name);
  writeFileSync(at('names'), paths.join('\0'));
  const tar = ['--null', '--no-recursion', '--hard-dereference', '-C', '/', '-T', at('names'), '-cf', at('layer.tar')];
  execFileSync('tar', tar);
  const archive = readFileSync(at('layer.tar'));
  const diffId = sha256(archive);
  const packed = (name, program, args) => {
    const file = at(`layer.tar.${name}`);
    const output = execFileSync(program, [...args, '-c', at('layer.tar')], { maxBuffer: 2 * size });
    writeFileSync(file, output);
    const type = `application/vnd.oci.image.layer.v1.tar+${name === 'gz' ? 'gzip' : 'zstd'}`;
    return { repository: `bench/${name}`, file, type, diffId };
  };
  const small = paths.filter((path) => statSync(join('/', path)).size < 4096);
  return {
    size: archive.length,
    entries: paths.length,
    // From the middle and the end: nothing of the layer's beginning is needed.
    files: [small[small.length >> 1], small.at(-1)],
    gzip: packed('gz', 'gzip', ['-6']),
    zstd: packed('zst', 'zstd', ['-q', '-3']),
  };
}
