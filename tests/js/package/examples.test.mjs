// The projects of examples/, with the packed package and the tools of this checkout.
import assert from 'node:assert/strict';
import { cp, mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import * as vite from 'vite';
import { root } from '../../../xtask/ensure.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { proxyTo } from '../../../www/server/proxy.mjs';
import { error, startScripted } from '../../registries/scripted.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { tagsOf } from '../support/tags.mjs';
import { openBrowser } from './support/browsers.mjs';
import { createProject, output } from './support/project.mjs';
import { startWorker } from './support/workerd.mjs';

const LONG = { timeout: 300_000 };
const USER = { username: 'alice', password: 'secret' };

/** An example in a project where npm has installed the package, and a registry of its own. */
async function createExample(t, name, options) {
  const { folder } = await createProject(t);
  const example = path.join(folder, name);
  await cp(path.join(root, 'examples', name), example, { recursive: true });
  const open = await startDistribution();
  t.after(() => open.stop());
  await fill(open, { 'team/web': samples['team/web'], hello: samples.hello });
  if (!options) return { folder, example, registry: open };
  const registry = await startDistribution({ data: open.data, ...options });
  t.after(() => registry.stop());
  return { folder, example, registry };
}

const tagsOfWeb = ({ url }) =>
  tagsOf(url, 'team/web', { authorization: `Basic ${btoa(`${USER.username}:${USER.password}`)}` });

test('node-clean-up', LONG, async (t) => {
  const { example, registry } = await createExample(t, 'node-clean-up', { auth: 'basic' });
  const env = { ...process.env, REGISTRY: registry.url };
  const login = { REGISTRY_USER: USER.username, REGISTRY_PASSWORD: USER.password };
  const run = (args, more) =>
    output(process.execPath, ['clean-up.js', ...args], { cwd: example, env: { ...env, ...more } });

  const before = await tagsOfWeb(registry);
  const plan = await run(['team/'], login);
  assert.match(plan.stdout, /^team\/web remove 1\.0\.0 remove\.olderThan$/m);
  assert.ok(!plan.stdout.includes('hello'));
  assert.deepEqual(await tagsOfWeb(registry), before);

  const { digest } = samples['team/web']['1.0.0'];
  const forward = proxyTo(new URL(registry.url), '');
  const front = await startScripted((request, response) => {
    const isRefused = request.method === 'DELETE' && request.url.endsWith(digest);
    return (isRefused ? error(400, 'RETENTION') : forward)(request, response);
  });
  t.after(() => front.stop());
  const partly = run(['team/', '--apply'], { ...login, REGISTRY: front.url });
  const { code, stdout, stderr } = await partly.then(assert.fail, ({ cause }) => cause);
  assert.equal(code, 3);
  assert.match(stdout, /^team\/web \d+ removed 1 failed \d+ remaining$/m);
  assert.match(stderr, new RegExp(`^team/web ${digest} RETENTION `, 'm'));

  const done = await run(['team/', '--apply'], login);
  assert.match(done.stdout, /^team\/web [1-9]\d* removed 0 failed 0 remaining$/m);
  const tags = await tagsOfWeb(registry);
  assert.ok(tags.includes('latest') && !tags.includes('1.0.0'), tags.join());
  await assert.rejects(run(['team/'], { HOME: example }), /\n(UNAUTHORIZED|AUTH_REQUIRED): /);
});

test('worker', LONG, async (t) => {
  const { folder, registry } = await createExample(t, 'worker', { auth: 'basic' });
  const variables = { REGISTRY: registry.url, REPOSITORIES: 'team/' };
  const login = { REGISTRY_USER: USER.username, REGISTRY_PASSWORD: USER.password };
  const worker = await startWorker(t, folder, 'worker/src/index.js', { ...variables, ...login });

  const newest = await (await fetch(`${worker}/team/web`)).json();
  assert.deepEqual(
    newest.slice(0, 1).map(({ tag, created }) => [tag, created]),
    [['edge', '2026-04-01T23:59:59.000Z']],
  );
  assert.equal(newest.length, 5);
  for (const [name, code] of [
    ['hello', 'NAME_UNKNOWN'],
    ['team/none', 'NAME_UNKNOWN'],
  ]) {
    const response = await fetch(`${worker}/${name}`);
    assert.deepEqual([response.status, await response.json()], [404, { error: code }]);
  }
});

test('react-dashboard', LONG, async (t) => {
  const { folder, example, registry } = await createExample(t, 'react-dashboard', { auth: 'basic' });
  const tools = ['react', 'react-dom', 'vite', '@types/node', '@types/react', '@types/react-dom'];
  await mkdir(path.join(folder, 'node_modules/@types'));
  for (const tool of tools)
    await symlink(path.join(root, 'node_modules', tool), path.join(folder, 'node_modules', tool));

  await output(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '--project', example]);

  process.env.REGISTRY = registry.url;
  t.after(() => delete process.env.REGISTRY);
  const browser = await openBrowser(t, 'chrome');
  const dev = await vite.createServer({ root: example, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } });
  t.after(() => dev.close());
  await dev.listen();
  await visit(browser, dev.httpServer, async (page) => {
    await page.see('form h2', 'Log in to 127.0.0.1');
  });

  await vite.build({ root: example, logLevel: 'error' });
  const built = await vite.preview({ root: example, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
  t.after(() => built.close());
  await visit(browser, built.httpServer, async (page) => {
    await page.logIn('wrong');
    await page.press('Try again');
    await page.see('form [role=alert]', 'was refused');
    await page.logIn('secret');
    await page.press('team/web');
    await page.press('Verify 2.0.0');
    const size = samples['team/web']['2.0.0'].children[0].document.layers.reduce((sum, layer) => sum + layer.size, 0);
    await page.see('output', `${size} bytes verified`);
    await page.press('Delete edge');
    await page.gone('Delete edge');
    const tags = await tagsOfWeb(registry);
    assert.ok(!tags.includes('edge') && tags.includes('2.0.0'), tags.join());
  });
});

/** Opens the page of a server; nothing may go wrong there but what the user is told. */
async function visit(browser, server, use) {
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const until = async (condition, ...args) => {
    try {
      return await page.waitForFunction(condition, { timeout: 20_000 }, ...args);
    } catch (cause) {
      throw new Error(`waited for ${args} in: ${await page.$eval('body', (body) => body.innerText)}`, { cause });
    }
  };
  const see = (selector, text) =>
    until(
      (...[query, part]) => [...document.querySelectorAll(query)].some((one) => one.textContent.includes(part)),
      selector,
      text,
    );
  const buttonOf = (name) => [...document.querySelectorAll('button')].find((one) => one.textContent.trim() === name);
  const find = `(${buttonOf})`;
  await use({
    see,
    press: async (name) => (await until(new Function('name', `return ${find}(name)`), name)).click(),
    gone: (name) => until(new Function('name', `return !${find}(name)`), name),
    logIn: async (password) => {
      await see('form h2', 'Log in');
      for (const [name, value] of Object.entries({ username: 'alice', password })) {
        const field = await page.$(`input[name=${name}]`);
        await field.evaluate((input) => (input.value = ''));
        await field.type(value);
      }
      await page.click('form [type=submit]');
    },
  });
  assert.deepEqual(problems, []);
  await page.close();
}
