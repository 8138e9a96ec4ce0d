// Joins the JavaScript of a package: `node xtask/bundle.mjs FOLDER`. A file of its own costs whoever imports it about a
// millisecond of processor time in Node, which is more than most of these take to run. What a page loads also loses its comments, a third of
// its bytes. Names and lines stay: Node prints the line of an error, and stack traces name functions. Bundlers minify the rest.

import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import process from 'node:process';
import { transform } from 'esbuild';
import { rollup } from 'rollup';

const [folder] = process.argv.slice(2);
const PROGRAM = 'cli/main';
const ENTRIES = ['index', 'slim', 'workerd', 'node/index', 'wasm/parts', PROGRAM];
/** The modules, as text too, and what is imported by name. */
const isExternal = (id) => /^(node:|docker-registry-client-wasm\b)|\.(wasm|inline\.js)$/.test(id);
const nameOf = (id) => relative(folder, id).replaceAll(sep, '/').replace(/\.js$/, '');

/** The file of what more than one entry imports, where it is not rollup's to choose. */
function chunkOf(id) {
  const name = nameOf(id);
  // Both the command line and ./node suggest names.
  if (name === 'node/hint') return name;
  if (ENTRIES.includes(name) || /^(cli\/completion|node|wasm\/snippets)\/|^wasm\/core\./.test(name)) return undefined;
  return name.startsWith('cli/') ? 'cli/program' : 'base';
}

const bundle = await rollup({
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, join(folder, `${entry}.js`)])),
  external: isExternal,
  preserveEntrySignatures: 'strict',
  onLog(_, { code, message }) {
    // The commands and their help import each other.
    if (code !== 'CIRCULAR_DEPENDENCY') throw new Error(message);
  },
});
const { output } = await bundle.generate({
  entryFileNames: '[name].js',
  chunkFileNames: ({ name, moduleIds }) =>
    name.includes('/') || name === 'base' ? `${name}.js` : `${nameOf(moduleIds.at(-1))}.js`,
  manualChunks: chunkOf,
  generatedCode: 'es2015',
  minifyInternalExports: false,
  hoistTransitiveImports: false,
});
for (const file of bundle.watchFiles) rmSync(file);
for (const { fileName, code } of output) {
  const isForPages = !/^(cli|node)\//.test(fileName);
  const text = isForPages ? (await transform(code, { charset: 'utf8', legalComments: 'none' })).code : code;
  const file = join(folder, fileName);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: fileName === `${PROGRAM}.js` ? 0o755 : 0o644 });
}
removeEmpty(folder);

function removeEmpty(place) {
  for (const entry of readdirSync(place, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmpty(join(place, entry.name));
  }
  if (readdirSync(place).length === 0) rmdirSync(place);
}
