import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root } from '../../../xtask/ensure.mjs';
import { createProject, output } from './support/project.mjs';

/** All there is in the tarball. */
const FILES = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'base.js',
  'cli/completion/bash.js',
  'cli/completion/entries.js',
  'cli/completion/fish.js',
  'cli/completion/zsh.js',
  'cli/main.js',
  'cli/program.js',
  'cli/ui.js',
  'index.cjs',
  'index.d.cts',
  'index.d.ts',
  'index.js',
  'indexed-db.d.ts',
  'indexed-db.js',
  'man/docker-registry-client-wasm.1',
  'man/drc.1',
  'node.d.cts',
  'node.d.ts',
  'node/hint.js',
  'node/index.cjs',
  'node/index.js',
  'node/logins/credentials.js',
  'node/logins/store.js',
  'package.json',
  'slim.d.ts',
  'slim.js',
  'ui/LICENSE-diff.txt',
  'ui/app.js',
  'ui/icon.svg',
  'ui/index.html',
  'ui/start.js',
  'ui/style.css',
  'wasm/archive.inline.js',
  'wasm/archive.wasm',
  'wasm/auth.inline.js',
  'wasm/auth.wasm',
  'wasm/cleanup.inline.js',
  'wasm/cleanup.wasm',
  'wasm/core.archive.js',
  'wasm/core.cleanup.js',
  'wasm/core.diagnose.js',
  'wasm/core.inline.js',
  'wasm/core.layer.js',
  'wasm/core.read.js',
  'wasm/core.wasm',
  'wasm/diagnose.inline.js',
  'wasm/diagnose.wasm',
  'wasm/layer.inline.js',
  'wasm/layer.wasm',
  'wasm/legacy.inline.js',
  'wasm/legacy.wasm',
  'wasm/parts.js',
  'wasm/read.inline.js',
  'wasm/read.wasm',
  'wasm/unpack.inline.js',
  'wasm/unpack.wasm',
  'wasm/write.inline.js',
  'wasm/write.wasm',
  'wasm/zstd.inline.js',
  'wasm/zstd.wasm',
  'workerd.js',
];
/** The modules. */
const PARTS = ['core', 'read', 'write', 'cleanup', 'diagnose', 'unpack', 'layer', 'archive', 'legacy', 'auth', 'zstd'];

test('the tarball', async (t) => {
  const { folder, tarball, files } = await createProject(t);
  const installed = path.join(folder, 'node_modules/docker-registry-client-wasm');
  const manifest = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));

  await t.test('holds what it should and nothing else', () => {
    // The page's scripts that load later are named by their content.
    const named = files.filter((file) => !/^ui\/part-[A-Z0-9]{8}\.js$/.test(file));
    assert.deepEqual(named.toSorted(), FILES.toSorted());
    assert.ok(named.length < files.length);
  });

  await t.test('has every file that an export names', async () => {
    for (const file of paths(manifest.exports)) await readFile(path.join(installed, file));
  });

  await t.test("has the crate's version", async () => {
    const cargo = await readFile(path.join(root, 'Cargo.toml'), 'utf8');
    const [, version] = cargo.match(/^\[package\][^[]*?^version = "([^"]*)"/m);
    assert.equal(manifest.version, version);
  });

  await t.test('names the repository of the checkout, and who made it', async () => {
    const { repository } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    assert.deepEqual(
      { home: manifest.homepage, issues: manifest.bugs.url, source: manifest.repository.url },
      { home: `${repository}#readme`, issues: `${repository}/issues`, source: `git+${repository}.git` },
    );
    const license = await readFile(path.join(installed, 'LICENSE'), 'utf8');
    assert.ok(license.includes(manifest.author), manifest.author);
  });

  await t.test('has the program under both names', async () => {
    const bin = path.join(folder, 'node_modules/.bin');
    const names = (await readdir(bin)).filter((name) => !name.includes('.'));
    assert.deepEqual(names.sort(), ['docker-registry-client-wasm', 'drc']);
    for (const name of names) {
      const { stdout } = await output(path.join(bin, name), ['--version'], { cwd: folder });
      assert.ok(stdout.includes(manifest.version), stdout);
    }
  });

  await t.test('runs nothing when it is installed and needs nothing else', async () => {
    assert.equal(manifest.scripts, undefined);
    for (const field of ['dependencies', 'optionalDependencies', 'bundleDependencies', 'peerDependencies']) {
      assert.equal(manifest[field], undefined, field);
    }
    const others = (await readdir(path.join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'));
    assert.deepEqual(others, ['docker-registry-client-wasm']);
  });

  await t.test(
    'holds each module as text too, in characters that nothing in JavaScript or HTML takes for its own',
    async () => {
      const load = (file) => import(pathToFileURL(path.join(installed, file)).href);
      const { decoded } = await import('../../../pkg-template/decode.js');
      for (const name of PARTS) {
        const { default: inline } = await load(`wasm/${name}.inline.js`);
        assert.deepEqual(Buffer.from(decoded(inline)), await readFile(path.join(installed, `wasm/${name}.wasm`)));
        assert.match(inline.text, /^[ !#%()-;=-[\]-_a-~]*$/);
      }
    },
  );

  await t.test('does not tell where it was built', async () => {
    for (const name of PARTS) {
      const module = await readFile(path.join(installed, `wasm/${name}.wasm`), 'latin1');
      for (const place of [root, process.env.HOME, '.cargo', 'registry/src']) {
        assert.ok(!place || !module.includes(place), place);
      }
    }
  });

  await t.test('publint has nothing to say', async () => {
    const { messages } = await publint({ pkgDir: installed, strict: true, level: 'suggestion', pack: false });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, manifest)),
      [],
    );
  });

  await t.test('attw finds the types of the main entry in every mode of resolution', () => attw('strict', '.'));

  await t.test('attw finds the types of the entry for Node in every mode of resolution', () =>
    attw('strict', './node'),
  );

  await t.test('attw finds the types of the slim entry in every mode of ES modules', () => attw('esm-only', './slim'));

  await t.test('attw finds the types of the entry for IndexedDB in every mode of ES modules', () =>
    attw('esm-only', './indexed-db'),
  );

  function attw(profile, entry) {
    const cli = path.join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    return output(process.execPath, [cli, tarball, '--profile', profile, '--entrypoints', entry], { cwd: folder });
  }
});

function paths(exports) {
  return typeof exports === 'string' ? [exports] : Object.values(exports).flatMap(paths);
}
