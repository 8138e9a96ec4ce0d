// Joins the JavaScript of a package: `node xtask/bundle.mjs FOLDER`. A file of its own costs whoever imports it about a
// millisecond of processor time in Node, which is more than most of these take to run. What a page loads also loses its comments and blanks,
// half of its bytes. Names stay, and a line for each statement: Node prints the line of an error, and stack traces name functions.
// Bundlers minify the rest.

import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import process from 'node:process';
import { transform } from 'esbuild';
import { rollup } from 'rollup';
import { parseAst } from 'rollup/parseAst';

const [folder] = process.argv.slice(2);
const PROGRAM = 'cli/main';
const ENTRIES = ['index', 'slim', 'workerd', 'indexed-db', 'node/index', 'wasm/parts', PROGRAM];
/** The modules, as text too, and what is imported by name. */
const isExternal = (id) => /^(node:|docker-registry-client-wasm\b)|\.(wasm|inline\.js)$/.test(id);
const nameOf = (id) => relative(folder, id).replaceAll(sep, '/').replace(/\.js$/, '');

/** The file of what more than one entry imports, where it is not rollup's to choose. */
function chunkOf(id) {
  const name = nameOf(id);
  // Both the command line and ./node suggest names.
  if (name === 'node/hint') return name;
  // Only one command needs the server.
  if (name.startsWith('cli/ui/')) return 'cli/ui';
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
  const text = isForPages ? await small(code) : code;
  const file = join(folder, fileName);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: fileName === `${PROGRAM}.js` ? 0o755 : 0o644 });
}
removeEmpty(folder);

/** A script without comments and blanks. */
async function small(script) {
  const { code } = await transform(script, { charset: 'utf8', legalComments: 'none', minifyWhitespace: true });
  const ends = statementEnds(parseAst(code)).sort((one, other) => one - other);
  return ends.map((end, index) => `${code.slice(ends[index - 1] ?? 0, end)}\n`).join('');
}

/** Where statements and members of classes end that others may follow. A line limit of esbuild's would break strings too. */
function statementEnds(node) {
  const children = Object.values(node)
    .flat()
    .filter((child) => typeof child?.type === 'string');
  const isList = ['Program', 'BlockStatement', 'ClassBody'].includes(node.type);
  return [...(isList ? children.map(({ end }) => end) : []), ...children.flatMap(statementEnds)];
}

function removeEmpty(place) {
  for (const entry of readdirSync(place, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmpty(join(place, entry.name));
  }
  if (readdirSync(place).length === 0) rmdirSync(place);
}
