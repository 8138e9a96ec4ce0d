// Makes the page in target/page: static files for any web server, each compressed too; with the folder of a package as argument,
// in its folder ui/ for the command line, which compresses nothing and has the modules already. A cold start over a slow line waits for each
// file that it does not know of: index.html names all scripts of the first view.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build, stop } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
export const pageFolder = here('../target/page/');
const pkg = here('../pkg/');

/** Served compressed where the browser takes it; pictures and the like would not get smaller. */
const COMPRESSED = /\.(css|html|js|json|svg|wasm)$/;
const encodings = {
  '.br': (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  '.gz': (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

/** @type {Promise<string> | undefined} */
let built;
/** Builds the page once a process, from the built package; resolves to its folder. */
export function buildPage() {
  built ??= writePage();
  return built;
}

async function writePage() {
  const files = new Map([...(await ownFiles(pkg)), ...(await modules())]);
  await Promise.all([...files].map(([name, bytes]) => store(name, bytes)));
  await removeOthers(files);
  return pageFolder;
}

async function writeInto(folder) {
  for (const [name, bytes] of await ownFiles(folder)) await writeWhole(join(folder, 'ui', name), bytes);
}

/** The files that no package has, made with one. */
async function ownFiles(folder) {
  const { files, first } = await scripts(folder);
  const page = await readFile(here('index.html'), 'utf8');
  const preloads = first.map((name) => `<link rel="modulepreload" href="${name}">`).join('\n    ');
  const index = page.replace('<link rel="modulepreload" href="app.js">', () => preloads);
  return [
    ...files,
    ['index.html', Buffer.from(index)],
    ['icon.svg', await readFile(here('icon.svg'))],
    ['LICENSE-diff.txt', await licence('diff')],
  ];
}

/** What is bundled of other people's packages comes with their licence. */
const licence = (name) => readFile(fileURLToPath(new URL('LICENSE', import.meta.resolve(`${name}/package.json`))));

/**
 * The scripts of the first view are one file beside app.js, not one for each set of pages that share them: each page that is loaded
 * later is made to import all of them, for which it does not have to be known which page needs what.
 */
async function scripts(folder) {
  try {
    const { metafile } = await bundle(folder);
    const { first, later } = loaded(metafile.inputs);
    const all = first.map((path) => `import ${JSON.stringify(resolve(path))};`).join('\n');
    const together = {
      name: 'together',
      setup({ onLoad }) {
        onLoad({ filter: /\.js$/ }, async ({ path }) => {
          if (!later.has(relative(process.cwd(), path))) return undefined;
          return { contents: `${await readFile(path, 'utf8')}\n${all}`, resolveDir: dirname(path) };
        });
      },
    };
    const { outputFiles, metafile: made } = await bundle(folder, { plugins: [together] });
    const files = outputFiles.map(({ path, contents }) => [relative(pageFolder, path), Buffer.from(contents)]);
    const outputs = Object.entries(made.outputs).map(([path, output]) => [relative(pageFolder, resolve(path)), output]);
    return { files, first: [...importedBy('app.js', new Map(outputs))] };
  } finally {
    await stop();
  }
}

/** The scripts that app.js imports at once, without itself, and those of ours that are loaded later. */
function loaded(inputs) {
  const app = Object.keys(inputs).find((path) => resolve(path) === here('app.js'));
  const imports = (path, kind) =>
    inputs[path].imports.filter((one) => one.kind === kind && !one.external).map((one) => one.path);
  const first = new Set([app]);
  for (const path of first) for (const other of imports(path, 'import-statement')) first.add(other);
  const later = Object.keys(inputs).flatMap((path) => imports(path, 'dynamic-import'));
  const isScript = (path) => path !== app && path.endsWith('.js');
  return {
    first: [...first].filter(isScript),
    later: new Set(later.filter((path) => !path.includes('node_modules'))),
  };
}

function bundle(folder, more = {}) {
  return build({
    entryPoints: { app: here('app.js'), start: here('start.js'), style: here('style/index.css') },
    outdir: pageFolder,
    bundle: true,
    // Pages that few open load when they are opened.
    splitting: true,
    chunkNames: 'part-[hash]',
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    // The first with light-dark().
    target: ['chrome123', 'firefox128', 'safari17.5'],
    charset: 'utf8',
    legalComments: 'none',
    alias: { 'docker-registry-client-wasm/slim': join(folder, 'slim.js') },
    // What cannot be loaded is what start.js explains, and app.js takes the config from it.
    external: ['./app.js', './start.js'],
    logLevel: 'error',
    ...more,
  });
}

/** A script and those that it imports before it runs. */
function importedBy(name, outputs, found = new Set()) {
  if (found.has(name) || !outputs.has(name)) return found;
  found.add(name);
  for (const { path, kind } of outputs.get(name).imports)
    if (kind === 'import-statement') importedBy(relative(pageFolder, resolve(path)), outputs, found);
  return found;
}

/** Beside the script, where the package looks for them. */
async function modules() {
  const names = (await readdir(join(pkg, 'wasm'))).filter((name) => name.endsWith('.wasm'));
  return Promise.all(names.map(async (name) => [`wasm/${name}`, await readFile(join(pkg, 'wasm', name))]));
}

/** Writes what changed. Tests run many of these at once, so that a file appears whole or not at all. */
async function store(name, bytes) {
  const path = join(pageFolder, name);
  const isSame = (await readFile(path).catch(() => undefined))?.equals(bytes) ?? false;
  if (COMPRESSED.test(name)) {
    for (const [ending, compress] of Object.entries(encodings)) {
      const isThere = isSame && (await readFile(path + ending).catch(() => undefined)) !== undefined;
      if (!isThere) await writeWhole(path + ending, await compress(bytes));
    }
  }
  if (!isSame) await writeWhole(path, bytes);
}

async function writeWhole(path, bytes) {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, bytes);
  await rename(temporary, path);
}

/** Files of an earlier build. */
async function removeOthers(files) {
  const kept = new Set([...files.keys()].flatMap((name) => ['', ...Object.keys(encodings)].map((end) => name + end)));
  const found = await readdir(pageFolder, { recursive: true, withFileTypes: true });
  for (const entry of found.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const isTemporary = /\.\d+$/.test(entry.name);
    if (!kept.has(relative(pageFolder, path)) && !isTemporary) await rm(path, { force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeInto(resolve(process.argv[2]));
