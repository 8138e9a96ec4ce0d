// `ui`: the page and the proxy behind it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { fill } from '../../../www/registry/fill.mjs';
import { freePort } from '../../../www/registry/process.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { send, startScripted } from '../../registries/scripted.mjs';
import { credentials, startDistribution, startTokenRegistry } from '../../registries/servers.mjs';
import { fillV1, v1Samples } from '../../registries/v1-images.mjs';
import { startV1 } from '../../registries/v1-server.mjs';
import { browserNames, openBrowser } from '../../www/support/visitor.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON } from '../support/support.mjs';
import { cli, ended, start } from './cli.mjs';
import { BASIC, ask, dockerConfig, open } from './ui.mjs';

const SLOW = { timeout: 120_000 };

describe('a registry with a login', () => {
  let registry;
  let locked;
  const tokens = [];
  before(async () => {
    registry = await startDistribution();
    await fill(registry, { 'team/web': samples['team/web'] });
    locked = await startTokenRegistry({ data: registry.data });
    locked.tokens.reshape = (answer) => {
      tokens.push(answer.token);
      return answer;
    };
  }, SLOW);
  after(() => Promise.all([locked?.stop(), registry?.stop()]));

  for (const name of browserNames)
    test(`opens with docker's login, which nobody sees, in ${name}`, SLOW, async (t) => {
      const { url, log } = await open(t, [locked.url, '--no-open', '--verbose'], await dockerConfig(t, locked.url));
      const browser = await openBrowser(name);
      t.after(() => browser.close());
      const visitor = await browser.visit(undefined, 'about:blank');
      const seen = [];
      const bodies = [];
      visitor.page.on('response', (response) => {
        seen.push(response.url(), JSON.stringify([response.headers(), response.request().headers()]));
        bodies.push(response.text().catch(() => ''));
      });
      await visitor.page.goto(url);
      await visitor.sees('Registry API v2', 'team');
      await visitor.go('#/repo/team/web');
      for (const tag of ['2.0.0', '1.1.0', 'latest']) await visitor.sees(tag);
      await visitor.go('#/repo/team/web/tag/1.0.0');
      await visitor.sees('Platform');
      await visitor.page.click('#connection');
      await visitor.sees(`docker login ${new URL(locked.url).host}`);
      assert.equal(await visitor.page.$('#password'), null, 'a password typed here would lead nowhere');
      const state = await visitor.page.evaluate(() =>
        JSON.stringify([location.href, document.cookie, { ...localStorage }, { ...sessionStorage }]),
      );
      assert.deepEqual(await visitor.page.evaluate(() => globalThis.violations), []);

      assert.ok(tokens.length > 0, 'the registry wanted tokens');
      const everything = [...seen, ...(await Promise.all(bodies)), state, log()].join('\n');
      assert.match(everything, /v2\/team\/web\/tags\/list/);
      for (const secret of [BASIC, `:${credentials.password}`, ...tokens])
        assert.ok(!everything.includes(secret), 'a secret is in a response, the page or the log');
      const others = seen.filter((text) => /^https?:/.test(text) && !text.startsWith(url));
      assert.deepEqual(others, [], 'no requests to others');
    });

  test('a token that has ended is renewed', SOON, async (t) => {
    const { url } = await open(t, [locked.url, '--no-open'], await dockerConfig(t, locked.url));
    const path = `${new URL(url).pathname}registry/v2/team/web/tags/list`;
    locked.tokens.age = 1000;
    const refused = await ask(url, path);
    assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, undefined]);
    locked.tokens.age = 0;
    for (let count = 0; count < 2; count += 1) assert.equal((await ask(url, path)).status, 200);
  });

  test('--allow-changes: uploads of any size, with a login', SLOW, async (t) => {
    const env = await dockerConfig(t, locked.url);
    const { url } = await open(t, [locked.url, '--no-open', '--allow-changes'], env);
    const below = `${url}registry`;
    assert.equal((await (await fetch(`${url}config.json`)).json()).readOnly, false);
    const begun = await fetch(`${below}/v2/team/new/blobs/uploads/`, { method: 'POST' });
    assert.equal(begun.status, 202);
    const location = begun.headers.get('location');
    assert.ok(location.startsWith(`${new URL(url).pathname}registry/v2/`), location);
    const body = Buffer.alloc(6_000_000, 'x');
    const sent = await fetch(new URL(location, url), { method: 'PATCH', body });
    assert.deepEqual([sent.status, sent.headers.get('range')], [202, `0-${body.length - 1}`], await sent.text());
    const manifest = { schemaVersion: 2 };
    const put = { method: 'PUT', body: JSON.stringify(manifest), headers: { 'content-type': 'text/x' } };
    const refused = await fetch(`${below}/v2/team/other/manifests/x`, put);
    assert.equal(refused.status, 400, 'the login was found for a body sent twice');
  });

  test('a wrong login is told before a page is served', SOON, async (t) => {
    const env = await dockerConfig(t, locked.url, Buffer.from('alice:Wr0ngOne').toString('base64'));
    const { code, out, err } = await cli(['ui', locked.url], { env });
    assert.deepEqual([code, out], [5, '']);
    assert.match(err, /AUTH_REQUIRED: .*the user name or password is wrong/);
    assert.ok(!err.includes('Wr0ngOne') && !err.includes('    at '), err);
  });
});

describe('the command', () => {
  for (const [signal, exit] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    test(`${signal} ends it with ${exit}, and frees the port`, SOON, async (t) => {
      const registry = await startScripted({ '/v2/x/tags/list': () => {} });
      t.after(registry.stop);
      const port = await freePort();
      const { child, url, end, log } = await open(t, [registry.url, '--no-open', '--port', `${port}`]);
      assert.equal(new URL(url).port, `${port}`);
      const pending = fetch(`${url}registry/v2/x/tags/list`).catch(() => 'broken off');
      while (!registry.requests.some(({ url: asked }) => asked === '/v2/x/tags/list')) await sleep(10);
      child.kill(signal);
      assert.equal((await end).code, exit);
      assert.equal(await pending, 'broken off');
      assert.doesNotMatch(log(), /error/);
      const server = net.createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
    });
  }

  test('opens the browser, with an address that is good once', SOON, async (t) => {
    const registry = await startScripted();
    t.after(registry.stop);
    const folder = await mkdtemp(join(tmpdir(), 'ui-test-'));
    t.after(() => rm(folder, { recursive: true }));
    const opened = join(folder, 'opened');
    await writeFile(join(folder, 'xdg-open'), `#!/bin/sh\necho "$1" > ${opened}.new && mv ${opened}.new ${opened}\n`);
    await chmod(join(folder, 'xdg-open'), 0o755);
    const { url } = await open(t, [registry.url], { PATH: folder + delimiter + process.env.PATH });
    let ticket;
    for (let tries = 0; tries < 200 && ticket === undefined; tries += 1) {
      ticket = await readFile(opened, 'utf8').catch(() => sleep(20));
    }
    const { origin, pathname } = new URL(ticket.trim());
    const { pathname: root } = new URL(url);
    assert.ok(url.startsWith(origin) && !ticket.includes(root.slice(1, -1)));
    assert.equal((await ask(url, pathname, { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403);
    const first = await ask(url, pathname);
    assert.deepEqual([first.status, first.headers.location], [303, root]);
    assert.equal((await ask(url, pathname)).status, 403);
  });

  test('failures are told before anything is served', SOON, async (t) => {
    const registry = await startScripted();
    t.after(registry.stop);
    const busy = new URL(registry.url).port;
    for (const [args, exit, message] of [
      [['127.0.0.1:1'], 7, /NETWORK/],
      [[registry.url, '--port', busy], 6, new RegExp(`IN_USE: --port ${busy}: another program uses the port`)],
      [[registry.url, '--port', '65536'], 2, /65535/],
      [[registry.url, 'x'], 2, /1 argument too many/],
      [['http://'], 2, /./],
    ]) {
      const { code, out, err } = await cli(['ui', ...args]);
      assert.deepEqual([code, out], [exit, ''], err);
      assert.match(err, message);
    }
    const html = await startScripted(send('<!doctype html>', { 'content-type': 'text/html' }));
    t.after(html.stop);
    const { code, out } = await cli(['ui', html.url]);
    assert.deepEqual([code, out], [1, '']);
  });

  test('a V1 registry', SLOW, async (t) => {
    const registry = await startV1();
    t.after(registry.stop);
    await fillV1(registry);
    const { url } = await open(t, [registry.url, '--no-open']);
    const client = new DockerRegistryClient(`${url}registry`);
    assert.equal(await client.apiVersion(), 1);
    assert.deepEqual([...(await client.repositories()).keys()].sort(), Object.keys(v1Samples).sort());
    assert.ok((await client.repository('acme/tiny').tags()).includes('on-arm'));
  });

  test('--json', SOON, async (t) => {
    const registry = await startScripted();
    t.after(registry.stop);
    const child = start(['ui', registry.url, '--no-open', '--json', '--quiet']);
    const [text] = await once(child.stdout, 'data');
    const { registry: host, url } = JSON.parse(text);
    assert.deepEqual([host, (await fetch(url)).status], [registry.url, 200]);
    child.kill('SIGINT');
    assert.equal((await ended(child)).err, '');
  });
});
