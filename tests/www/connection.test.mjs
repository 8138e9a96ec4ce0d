// Connecting, failing to, and what becomes of requests nobody waits for any more. The servers behind the page are the ones
// that a user's own registry may be: with passwords, with faults, or no registry at all.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { blob } from '../../www/registry/content.mjs';
import { buildPage } from '../../www/build.mjs';
import { fill } from '../../www/registry/fill.mjs';
import { freePort } from '../../www/registry/process.mjs';
import { content, error, hangs, html, json } from '../registries/scripted.mjs';
import { startNginx } from '../registries/nginx.mjs';
import { credentials, startDistribution, startTokenRegistry } from '../registries/servers.mjs';
import { drips, eventually, good, hello, layerOf, layerPath, visitScripted, visitSite } from './support/scripted.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const REQUEST_FAILED = /Failed to load resource|40[14]|NetworkError|Cross-Origin/;

for (const name of browserNames) {
  describe(`connections in ${name}`, () => {
    let browser;
    let registry;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    before(async () => {
      registry = await startDistribution({ auth: 'basic' });
      const authorization = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
      await fill(registry, { hello: { latest: hello } }, { authorization });
    }, SLOW);
    after(() => Promise.all([browser?.close(), registry?.stop()]));

    const visit = (t, url, path) => visitSite(t, browser, url, path);
    const visitOne = (t, script, path) => visitScripted(t, browser, script, path);

    test('a registry that wants a password gets it from the form', SLOW, async (t) => {
      const visitor = await visit(t, registry.url);
      await visitor.sees('Connection failed', 'HTTP 401', 'Enter a user and a password');
      assert.equal(await visitor.focused(), 'username');

      await visitor.fill('User optional', credentials.username);
      await visitor.fill('Password optional', 'wrong');
      await visitor.page.$eval('[role=alert]', (first) => first.classList.add('first'));
      await visitor.press('Connect');
      await visitor.has('[role=alert]:not(.first) .notice-title', 'UNAUTHORIZEDHTTP 401');
      await visitor.sees('The registry refused this user or password.');

      await visitor.fill('Password optional', credentials.password);
      await visitor.page.keyboard.press('Enter');
      await visitor.sees('Registry API v2', '1 repository in 1 namespace');
      assert.ok(
        !(
          await visitor.page.evaluate(
            () => location.href + JSON.stringify(localStorage) + JSON.stringify(sessionStorage),
          )
        ).includes(credentials.password),
      );
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('a registry whose token service has no word for pages is reached all the same', SLOW, async (t) => {
      const open = await startDistribution();
      t.after(open.stop);
      await fill(open, { hello: { latest: hello } });
      const locked = await startTokenRegistry({ data: open.data });
      t.after(locked.stop);
      const visitor = await visit(t, locked.url);
      // Everybody is let in; what there is to see is for those with a name.
      await visitor.sees('Registry API v2', 'HTTP 401');
      await visitor.page.click('#connection');
      await visitor.fill('User optional', credentials.username);
      await visitor.fill('Password optional', credentials.password);
      await visitor.page.keyboard.press('Enter');
      await visitor.sees('Registry API v2', '1 repository in 1 namespace');
      assert.ok(
        locked.tokens.requests.every(({ headers }) => headers.origin === undefined),
        'the proxy asked, not the page',
      );
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('on a web server next to a registry, by the lines of www/README.md', SLOW, async (t) => {
      const text = await readFile(new URL('../../www/README.md', import.meta.url), 'utf8');
      const [, settings] = /```nginx\n(.*?)```/s.exec(text);
      const [, config] = /```json\n(.*?)```/s.exec(text);
      const folder = await mkdtemp(join(tmpdir(), 'page-'));
      t.after(() => rm(folder, { recursive: true }));
      await cp(await buildPage(), folder, { recursive: true });
      await writeFile(join(folder, 'config.json'), config);
      const open = await startDistribution();
      t.after(open.stop);
      await fill(open, { hello: { latest: hello } });
      const nginx = await startNginx({
        registry: open.url,
        locations: settings.replace('/srv/registry-browser', folder),
        http: 'include /etc/nginx/mime.types;',
      });
      t.after(nginx.stop);
      const visitor = await browser.visit(t, nginx.url);
      await visitor.sees('registry.example.com', '1 repository in 1 namespace');
      await visitor.go('#/repo/hello/tag/latest');
      await visitor.sees(hello.id, 'docker pull registry.example.com/hello:latest');
      await visitor.isContent();
    });

    test('a wrong host is explained, and the page recovers', SLOW, async (t) => {
      const [visitor, server] = await visitOne(t, good);
      await visitor.sees('1 repository in 1 namespace');
      const dead = `127.0.0.1:${await freePort()}`;
      await visitor.page.click('#connection');
      await visitor.fill('Registry address', dead);
      await visitor.press('Connect');
      await visitor.sees('Connection failed.', 'CORS_OR_NETWORK', 'Nothing responds there');
      // The open session stays.
      const host = await visitor.text('#connection .connection-text');
      assert.match(host, /^127\.0\.0\.1:\d+\s+Registry API v2$/);
      await visitor.go('#/repo/hello');
      await visitor.sees('1 tag', `${host.split(/\s/)[0]} stays connected.`);
      await visitor.go('#/');
      await visitor.sees('1 repository in 1 namespace');

      await visitor.fill('Registry address', 'not a host');
      await visitor.press('Connect');
      await visitor.sees('INVALID_ARGUMENT');

      await visitor.fill('Registry address', server.url);
      await visitor.press('Connect');
      await visitor.sees('Registry API v2', '1 repository in 1 namespace');
      assert.equal(await visitor.page.$('form.connect [role=alert]'), null);
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('what is no registry is called that', SLOW, async (t) => {
      const [visitor] = await visitOne(t, html);
      await visitor.sees('Connection failed', 'INVALID_RESPONSE', 'does not follow the registry protocol');
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('connecting can be given up', SLOW, async (t) => {
      const [visitor, server] = await visitOne(t, { '/v2/': hangs, '/v2/_catalog': hangs });
      await visitor.sees('Connecting…');
      await visitor.page.click('#connection');
      await visitor.press('Cancel');
      await visitor.sees('Not connected');
      await eventually(() => server.open === 0);
      await visitor.isContent();
    });

    test('a catalog that is refused leaves a way in', SLOW, async (t) => {
      const [visitor] = await visitOne(t, {
        ...good,
        '/v2/_catalog': error(401, 'UNAUTHORIZED', 'no catalog for you'),
      });
      await visitor.sees('UNAUTHORIZED', 'no catalog for you');
      await visitor.fill('Open a repository by name', 'hello');
      await visitor.page.keyboard.press('Enter');
      await visitor.has('.view h1', 'hello');
      await visitor.sees('1 tag');
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('an empty registry and an empty repository say so', SLOW, async (t) => {
      const [visitor] = await visitOne(t, {
        '/v2/_catalog': json({ repositories: [] }),
        '/v2/hello/tags/list': json({ name: 'hello', tags: null }),
      });
      await visitor.sees('This registry lists no repositories');
      await visitor.go('#/repo/hello');
      await visitor.sees('This repository has no tags');
      await visitor.isContent();
    });

    test('who moves on waits for nothing: the requests end', SLOW, async (t) => {
      const [visitor, server] = await visitOne(
        t,
        { ...good, '/v2/hello/manifests/latest': hangs },
        '#/repo/hello/tag/latest',
      );
      await eventually(() => server.requests.some(({ url }) => url.endsWith('/manifests/latest')) && server.open > 0);
      await visitor.go('#/');
      await visitor.sees('1 repository in 1 namespace');
      await eventually(() => server.open === 0);
      await visitor.isContent();
    });

    test('a download can be cancelled, and its request ends', SLOW, async (t) => {
      const [visitor, server] = await visitOne(
        t,
        { ...good, [layerPath]: drips(layerOf.size) },
        '#/repo/hello/tag/latest/layers',
      );
      await visitor.press('Download layer 0');
      await visitor.sees(new RegExp(`[1-9]\\d* B of ${layerOf.size} B`));
      await visitor.press('Cancel the download of layer 0');
      await visitor.sees('Cancelled');
      await eventually(() => server.open === 0);
      await visitor.isContent();
    });

    test('bytes that are not the digest’s become no file', SLOW, async (t) => {
      const forged = Buffer.alloc(layerOf.size, 'x');
      const [visitor] = await visitOne(
        t,
        { ...good, [layerPath]: content(blob(layerOf.mediaType, forged)) },
        '#/repo/hello/tag/latest/layers',
      );
      await visitor.press('Download layer 0');
      await visitor.sees('DIGEST_MISMATCH');
      await visitor.has('button', 'Download');
      await visitor.isContent();
    });

    test('what failed can be tried again', SLOW, async (t) => {
      const [visitor, server] = await visitOne(
        t,
        { ...good, [`/v2/hello/blobs/${hello.id}`]: error(503, 'UNAVAILABLE', 'later') },
        '#/repo/hello/tag/latest',
      );
      await visitor.sees('UNAVAILABLE');
      server.script = good;
      await visitor.press('Try again');
      await visitor.sees(hello.id);
      await visitor.isContent({ except: REQUEST_FAILED });
    });
  });
}
