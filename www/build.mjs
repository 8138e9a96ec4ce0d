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

async function scripts(folder) {
  try {
    const { metafile } = await bundle(folder);
    const scripts = importedBy('app.js', outputsOf(metafile));
    const common = [...scripts].flatMap((name) => Object.keys(outputsOf(metafile).get(name).inputs));
    const built = await bundle(folder, [withCommon(common.map((path) => resolve(path)))]);
    const files = built.outputFiles.map(({ path, contents }) => [relative(pageFolder, path), Buffer.from(contents)]);
    return { files, first: [...importedBy('app.js', outputsOf(built.metafile))] };
  } finally {
    await stop();
  }
}

/**
 * Scripts that load later import everything of the first view. Otherwise each combination of scripts that share something would be one
 * more file, and a browser asks an HTTP/1.1 server for six at a time.
 */
function withCommon(common) {
  const later = new Set();
  const imports = common.filter((path) => path !== here('app.js')).map((path) => `\nimport ${JSON.stringify(path)};`);
  return {
    name: 'with-common',
    setup(make) {
      make.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        if (kind === 'dynamic-import') later.add(resolve(resolveDir, path));
      });
      make.onLoad({ filter: /\.js$/ }, async ({ path }) =>
        later.has(path) ? { contents: (await readFile(path, 'utf8')) + imports.join('') } : undefined,
      );
    },
  };
}

function bundle(folder, plugins = []) {
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
    plugins,
  });
}

const outputsOf = ({ outputs }) =>
  new Map(Object.entries(outputs).map(([path, output]) => [relative(pageFolder, resolve(path)), output]));

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
