// index.d.ts is kept by hand. Here the compiler says that it can be used, and that it tells the truth about the built module.

import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { root } from '../../../xtask/ensure.mjs';
import { examplesOf, readDeclarations } from './support/declarations.mjs';
import { createProject, output } from './support/project.mjs';

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  // The package's own declarations are checked too.
  skipLibCheck: false,
  noEmit: true,
  target: 'es2022',
  typeRoots: [path.join(root, 'node_modules/@types')],
};
const BROWSER = { lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'], types: [] };
const NODE = { lib: ['es2022'], types: ['node'] };

test('types', async (t) => {
  const { folder } = await createProject(t);

  for (const [name, extension, options] of [
    ['a bundler, browser', 'ts', { module: 'esnext', moduleResolution: 'bundler', ...BROWSER }],
    ['a bundler, Node', 'ts', { module: 'esnext', moduleResolution: 'bundler', ...NODE }],
    ['an ES module of Node', 'mts', { module: 'node16', moduleResolution: 'node16', ...NODE }],
    ['a CommonJS module of Node', 'cts', { module: 'node16', moduleResolution: 'node16', ...NODE }],
    [
      'a CommonJS module of a Node that can require ES modules',
      'cts',
      { module: 'nodenext', moduleResolution: 'nodenext', ...NODE },
    ],
  ]) {
    await t.test(`can be used from ${name}`, async () => {
      const entries = ['types', 'types-node', ...(extension === 'cts' ? [] : ['types-slim'])];
      for (const entry of entries) {
        const file = `${entry}.${extension}`;
        if (extension !== 'ts') await copyFile(path.join(folder, `${entry}.ts`), path.join(folder, file));
        await compile(folder, file, options);
      }
    });
  }

  for (const [file, host] of [
    ['index.d.ts', BROWSER],
    ['index.d.ts', NODE],
    ['node.d.ts', NODE],
    ['slim.d.ts', BROWSER],
    ['indexed-db.d.ts', BROWSER],
  ]) {
    await t.test(`have examples in ${file} that compile for ${host === NODE ? 'Node' : 'a browser'}`, async () => {
      const declarations = readDeclarations(path.join(folder, 'node_modules/docker-registry-client-wasm'), [file]);
      const examples = declarations.flatMap(({ doc }) => examplesOf(doc));
      assert.ok(examples.length > 0);
      const names = examples.map((_, index) => `example-${index}.ts`);
      for (const [index, name] of names.entries()) await writeFile(path.join(folder, name), examples[index]);
      await compile(folder, names, { module: 'esnext', moduleResolution: 'bundler', ...host });
    });
  }

  await t.test('say what the built module has, member for member and option for option', async () => {
    const { stdout } = await output(process.execPath, ['members.js'], { cwd: folder });
    await writeFile(path.join(folder, 'members.ts'), claims(JSON.parse(stdout)));
    await compile(folder, 'members.ts', { module: 'esnext', moduleResolution: 'bundler', ...BROWSER });
  });

  await t.test('would not pass with an option more or less', async () => {
    const { stdout } = await output(process.execPath, ['members.js'], { cwd: folder });
    const found = JSON.parse(stdout);
    assert.deepEqual(found.options.TagOptions, ['signal', 'timeout', 'ifMatch', 'noClobber']);
    for (const [known, complaint] of [
      [['signal', 'timeout'], /surplus: "ifMatch"/],
      [[...found.options.TagOptions, 'more'], /missing: "more"/],
    ]) {
      await writeFile(path.join(folder, 'wrong.ts'), claims({ ...found, options: { TagOptions: known } }));
      await assert.rejects(
        compile(folder, 'wrong.ts', { module: 'esnext', moduleResolution: 'bundler', ...BROWSER }),
        complaint,
      );
    }
  });

  await t.test('would not pass with a member more, less, or of another kind', async () => {
    const { stdout } = await output(process.execPath, ['members.js'], { cwd: folder });
    const found = JSON.parse(stdout);
    const { tags, ...less } = found.classes.Repository;
    for (const [members, complaint] of [
      [less, /surplus: "tags"/],
      [{ ...less, tags, more: { kind: 'method', parameters: 0 } }, /missing: "more"/],
      [{ ...less, tags: { kind: 'property' } }, /'"property"' is not assignable to type '"method"'/],
      [{ ...less, tags: { ...tags, parameters: 7 } }, /is not assignable to type '0 \| 1'/],
    ]) {
      await writeFile(
        path.join(folder, 'wrong.ts'),
        claims({ ...found, classes: { ...found.classes, Repository: members } }),
      );
      await assert.rejects(
        compile(folder, 'wrong.ts', { module: 'esnext', moduleResolution: 'bundler', ...BROWSER }),
        complaint,
      );
    }
  });
});

async function compile(folder, files, options) {
  const config = { compilerOptions: { ...STRICT, ...options }, files: [files].flat() };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  await output(process.execPath, [tsc, '--project', folder, '--pretty', 'false'], { cwd: folder });
}

/** TypeScript that compiles only if the declarations have exactly what was found in the module. */
function claims({ exports, classes, options }) {
  const lines = [
    "import * as api from 'docker-registry-client-wasm';",
    'type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : { missing: Exclude<B, A> }) : { surplus: Exclude<A, B> };',
    "type Kind<T> = [T] extends [(...args: never[]) => unknown] ? 'method' : 'property';",
    'type Takes<T, N extends number> = T extends (...args: infer A) => unknown ? (N extends A["length"] ? true : A["length"]) : never;',
    `export const exported: Same<keyof typeof api, ${union(exports)}> = true;`,
  ];
  for (const [name, members] of Object.entries(classes)) {
    const own =
      name === 'RegistryError'
        ? `Exclude<keyof api.${name}, Exclude<keyof Error, 'name'>>`
        : `Exclude<keyof api.${name}, typeof Symbol.dispose>`;
    lines.push(`export const members_of_${name}: Same<${own}, ${union(Object.keys(members))}> = true;`);
    for (const [member, { kind, parameters }] of Object.entries(members)) {
      lines.push(`export const ${name}_${member}: Kind<api.${name}['${member}']> = '${kind}';`);
      if (kind === 'method')
        lines.push(`export const ${name}_${member}_takes: Takes<api.${name}['${member}'], ${parameters}> = true;`);
    }
  }
  for (const [name, known] of Object.entries(options)) {
    lines.push(`export const options_of_${name}: Same<keyof api.${name}, ${union(known)}> = true;`);
  }
  return `${lines.join('\n')}\n`;
}

function union(names) {
  return names.map((name) => JSON.stringify(name)).join(' | ') || 'never';
}
