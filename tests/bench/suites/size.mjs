import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

export const title = 'package size';

const INLINE = 'index.js and what it imports, module inline';
const IMPORT = /\b(?:from|import)\s*["'](\.{1,2}\/[^"']+)["']/g;

/** Each file compressed by itself, as servers send them. */
export async function groups({ packageUrl }) {
  const url = (name) => new URL(name, packageUrl);
  const files = await imports(url('index.js'));
  const measured = [
    ['core.wasm', [url('wasm/core.wasm')]],
    ...['read', 'write', 'cleanup', 'diagnose', 'unpack', 'layer', 'archive', 'legacy', 'auth', 'zstd'].map((part) => [
      `${part}.wasm, inline, loaded lazily`,
      [url(`wasm/${part}.inline.js`)],
    ]),
    ['slim.js and what it imports, with core.wasm', [url('wasm/core.wasm'), ...(await imports(url('slim.js')))]],
    [INLINE, files],
    ...files.map((file) => [`  ${relative(fileURLToPath(url('.')), fileURLToPath(file))}`, [file]]),
  ];
  const variants = measured.map(([name, parts]) => ({ name, measure: () => sizes(parts) }));
  return [{ title: 'download', unit: 'KB with gzip', rounds: 1, variants, compare: [{ of: INLINE, atMost: 90 }] }];
}

/** A module and all it imports statically. */
async function imports(entry, found = new Map()) {
  found.set(entry.href, entry);
  const source = await readFile(entry, 'utf8');
  for (const [, specifier] of source.matchAll(IMPORT)) {
    const file = new URL(specifier, entry);
    if (!found.has(file.href)) await imports(file, found);
  }
  return [...found.values()];
}

async function sizes(files) {
  const total = { raw: 0, gzip: 0, brotli: 0 };
  for (const file of files) {
    const bytes = await readFile(file);
    total.raw += bytes.length / 1000;
    total.gzip += gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }).length / 1000;
    total.brotli += brotliCompressSync(bytes).length / 1000;
  }
  return { value: total.gzip, details: { raw: total.raw, brotli: total.brotli } };
}
