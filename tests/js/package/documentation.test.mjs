// The declarations are the reference of the package: every export and member has a comment that an editor can show, and the
// error codes that they name are those of the sources.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { root } from '../../../xtask/ensure.mjs';
import { blocksOf, examplesOf, literalsOf, readDeclarations } from './support/declarations.mjs';
import { createProject } from './support/project.mjs';

const template = path.join(root, 'pkg-template');

test('the documentation', async (t) => {
  const { folder } = await createProject(t);
  const installed = path.join(folder, 'node_modules/docker-registry-client-wasm');
  const declarations = readDeclarations(installed, ['index.d.ts', 'node.d.ts', 'slim.d.ts', 'indexed-db.d.ts']);
  const codesOf = (name) => literalsOf(declarations.find((one) => one.name === name && !one.member));
  const own = codesOf('ClientErrorCode');
  const known = new Set([...own, ...codesOf('SpecErrorCode')]);
  const place = ({ file, name, member }) => `${file}: ${[name, member].filter(Boolean).join('.')}`;
  const findings = (list, complaint) => list.flatMap((one) => complaint(one).map((what) => `${place(one)}: ${what}`));
  const documented = declarations.filter(({ doc }) => doc);

  await t.test('every export and member has a comment', () => {
    assert.ok(declarations.length > 300, `${declarations.length} declarations`);
    assert.deepEqual(declarations.filter(({ doc }) => !doc).map(place), []);
  });

  await t.test('begins with a sentence', () => {
    const isSentence = ({ doc }) => /^[A-Z0-9"'`][^]*[.:]$/.test(blocksOf(doc).summary);
    assert.deepEqual(documented.filter((one) => !isSentence(one)).map(place), []);
  });

  await t.test('names every parameter and no other', () => {
    const complaint = ({ doc, parameters }) => {
      const told = blocksOf(doc).tags.flatMap(({ tag, text }) => (tag === 'param' ? [text.split(/\s/)[0]] : []));
      return told.join() === parameters.join() ? [] : [`parameters ${parameters.join()}, @param ${told.join()}`];
    };
    assert.deepEqual(
      findings(
        documented.filter(({ isCallable }) => isCallable),
        complaint,
      ),
      [],
    );
  });

  await t.test('says of every call with which codes it fails, or that it does not', () => {
    const complaint = ({ doc, file }) => {
      const throws = blocksOf(doc)
        .tags.filter(({ tag }) => tag === 'throws')
        .map(({ text }) => text);
      if (throws.length === 0) return /\bNever throws\b/.test(doc) ? [] : ['neither @throws nor "Never throws"'];
      const isTyped = (text) => file === 'slim.d.ts' || /^\{RegistryError\} [^]*`[A-Z_0-9]+`/.test(text);
      return throws.filter((text) => !isTyped(text));
    };
    assert.deepEqual(
      findings(
        documented.filter(({ isCallable }) => isCallable),
        complaint,
      ),
      [],
    );
  });

  await t.test('names only codes that there are', () => {
    const complaint = ({ doc }) => {
      const throws = blocksOf(doc)
        .tags.filter(({ tag }) => tag === 'throws')
        .map(({ text }) => text);
      const codes = throws.flatMap((text) => [...text.matchAll(/`([A-Z][A-Z_0-9]+)`/g)].map(([, code]) => code));
      return codes.filter((code) => !known.has(code));
    };
    assert.deepEqual(findings(documented, complaint), []);
  });

  await t.test('says which calls load a part of the module', async () => {
    const { default: parts } = await import(path.join(installed, 'wasm/parts.js'));
    const calls = Object.values(parts).flatMap((part) => Object.entries(part.calls));
    // Iterators load their part with the first item.
    const iterators = {
      ContentPages: ['Image.files', 'Image.layerChanges', 'Image.layerFiles'],
      InventoryPages: 'DockerRegistryClient.inventory',
      TagDescriptions: 'Repository.describeTags',
    };
    const lazy = calls.flatMap(([name, members]) => iterators[name] ?? members.map((member) => `${name}.${member}`));
    lazy.push('Repository.tag'); // its two forms
    // The others need the part that authenticates, and for the lists of a V1 registry the one for old registries.
    for (const call of ['apiVersion', 'checkStatus', 'namespaces', 'repositories', 'catalog'])
      lazy.push(`DockerRegistryClient.${call}`);
    for (const list of ['tags', 'eachTag']) lazy.push(`Repository.${list}`);
    const told = documented.filter(({ doc, isCallable }) => isCallable && doc.includes('`MODULE_NOT_LOADED`'));
    assert.deepEqual(told.map(({ name, member }) => `${name}.${member}`).sort(), lazy.sort());
  });

  await t.test('has an example for each class and the main calls', () => {
    const examples = documented.filter(({ doc }) => examplesOf(doc).length > 0);
    assert.deepEqual(examples.filter(({ doc }) => examplesOf(doc).includes(undefined)).map(place), []);
    const told = examples.map(place);
    for (const name of ['DockerRegistryClient', 'Repository', 'Image', 'RegistryError', 'Repository.pushBlob']) {
      assert.ok(told.includes(`index.d.ts: ${name}`), name);
    }
    for (const name of ['connect', 'createFetch', 'dockerCredentials', 'layerIndexFolder'])
      assert.ok(told.includes(`node.d.ts: ${name}`), name);
  });

  await t.test('ClientErrorCode is the codes of protocol/code.rs and of the JavaScript', async () => {
    const rust = await readFile(path.join(root, 'src/protocol/code.rs'), 'utf8');
    const codes = [...rust.matchAll(/^pub const (\w+): &str = "(\w+)";/gm)].map(
      ([, name, code]) => (assert.equal(name, code), code),
    );
    const scripts = (await readdir(template, { recursive: true })).filter((name) => name.endsWith('.js'));
    for (const script of scripts) {
      const text = await readFile(path.join(template, script), 'utf8');
      for (const [, code] of text.matchAll(/\b(?:RegistryError|failed)\(\s*'([A-Z_]+)'/g)) codes.push(code);
    }
    assert.deepEqual(own.toSorted(), [...new Set(codes)].sort());
  });

  await t.test('the table of docs/errors.md has every code once, and says what index.d.ts says of it', async () => {
    const page = await readFile(path.join(root, 'docs/errors.md'), 'utf8');
    const [, table] = /^\| Code \| When \| What to do \|\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(page);
    const rows = table
      .trim()
      .split('\n')
      .map((row) => row.split('|').map((cell) => cell.trim()));
    const listed = rows.flatMap(([, cell, when, advice]) => {
      assert.ok(advice, cell);
      return [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => [code, when]);
    });
    assert.deepEqual(listed.map(([code]) => code).sort(), [...known].sort());
    const types = await readFile(path.join(installed, 'index.d.ts'), 'utf8');
    const comments = types.matchAll(/^ {2}\/\*\*((?:(?!\*\/)[^])*)\*\/\n {2}\| "(\w+)"/gm);
    const told = Object.fromEntries(
      [...comments].map(([, text, code]) => [code, text.replace(/\s*\n\s*\*?\s*/g, ' ').trim()]),
    );
    assert.deepEqual(told, Object.fromEntries(listed));
  });
});
