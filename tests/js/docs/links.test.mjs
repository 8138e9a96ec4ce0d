// The project's pages: their links lead somewhere, each page can be reached, and each page with examples has a test.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { root } from '../../../xtask/ensure.mjs';

const read = (file) => readFileSync(path.join(root, file), 'utf8');
const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' });
const pages = listed
  .trim()
  .split('\n')
  .filter((file) => existsSync(path.join(root, file)));

/** The text without its code, which has brackets of its own. */
const prose = (text) => text.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]*`/g, (code) => '~'.repeat(code.length));

/** How the npm page, which is not in the checkout, links to it. */
const REPOSITORY = `${JSON.parse(read('package.json')).repository.replace(/^git\+|\.git$/g, '')}/blob/main/`;

/** The targets in this checkout of [text](target). */
function linksOf(file) {
  const found = [...prose(read(file)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  const here = path.posix.relative(path.posix.dirname(file), '');
  const local = found.map((target) => target.replace(REPOSITORY, here ? `${here}/` : ''));
  return local.filter((target) => !/^[a-z]+:/.test(target));
}

/** GitHub's anchors of the headings. */
function anchorsOf(file) {
  const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** File and anchor that a link of a page leads to. */
function resolve(from, target) {
  const [file, anchor] = target.split('#');
  return { file: file ? path.join(path.dirname(from), file) : from, anchor };
}

test('links lead somewhere', () => {
  const broken = pages.flatMap((page) =>
    linksOf(page)
      .filter((target) => {
        const { file, anchor } = resolve(page, target);
        if (!existsSync(path.join(root, file))) return true;
        return anchor !== undefined && !anchorsOf(file).includes(anchor);
      })
      .map((target) => `${page}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('every page of docs/ can be reached from the README', () => {
  const reached = new Set();
  const visit = (page) => {
    if (reached.has(page) || !page.endsWith('.md')) return;
    reached.add(page);
    for (const target of linksOf(page)) visit(resolve(page, target).file);
  };
  visit('README.md');
  assert.deepEqual(
    pages.filter((page) => page.startsWith('docs/') && !reached.has(page)),
    [],
  );
});

test('every page with examples has a test', () => {
  const folder = path.join(root, 'tests/js/docs');
  const tests = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
  const withExamples = pages.filter(
    (page) => page.startsWith('docs/') && /^```(?:js|ts|jsx|tsx|sh|yaml|html)$/m.test(read(page)),
  );
  assert.deepEqual(
    withExamples.filter((page) => !tests.some((text) => text.includes(`'${page}'`))),
    [],
  );
});
