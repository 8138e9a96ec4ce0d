// Several registries, logins, sites and forms at once: nothing of one is taken for another's, and nothing that was typed is lost.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { fill } from '../../www/registry/fill.mjs';
import { pusher } from '../../www/registry/push.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { startSite } from '../../www/server/site.mjs';
import { proxyTo } from '../../www/server/proxy.mjs';
import { asking, error, hangs, html, json, send, startScripted } from '../registries/scripted.mjs';
import { corsHidden, startDistribution } from '../registries/servers.mjs';
import { act, digestAt, EXPECTED, tagsOf } from './support/actions.mjs';
import { layoutOf, tarOf } from './support/archives.mjs';
import { visitOwn } from './support/gate.mjs';
import { eventually } from './support/scripted.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const { 'team/web': web, hello } = samples;
const digests = Object.fromEntries(Object.entries(web).map(([tag, { digest }]) => [tag, digest]));
const BASIC = { 'www-authenticate': 'Basic realm="test"' };
const short = (digest) => digest.slice(0, 19);

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elsewhere-'));
  await writeFile(join(folder, 'hello.txt'), 'hello\n');
  await writeFile(join(folder, 'big.bin'), Buffer.alloc(2_000_000, 1));
  const layout = layoutOf([
    [web['1.0.0'], 'registry.example.com/team/web:1.0.0'],
    [hello.latest, 'registry.example.com/team/hello:2.0'],
  ]);
  await writeFile(join(folder, 'two.tar'), tarOf(layout));
});
after(() => rm(folder, { recursive: true, force: true }));

for (const name of browserNames) {
  describe(`elsewhere in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    const begin = (t, path) => visitOwn(t, browser, { 'team/web': web }, path, { headers: corsHidden });

    const typedIn = (visitor, id) => visitor.page.$eval(`#${id}`, (input) => input.value);
    const choose = async (visitor, file) =>
      (await visitor.page.waitForSelector('input[aria-label="Files to push"]')).uploadFile(join(folder, file));

    async function signIn(visitor) {
      await visitor.press('Sign in');
      await visitor.fill('User optional', 'alice');
      await visitor.fill('Password optional', 'secret-of-alice');
      await visitor.page.keyboard.press('Enter');
      await visitor.has('#connection[data-state=connected]');
    }

    test(
      'what was done at one registry is not shown as another’s, and is undone where it was done',
      SLOW,
      async (t) => {
        const [visitor, registry] = await begin(t, '#/repo/team/web/tag/edge');
        const other = await startDistribution({ headers: corsHidden });
        t.after(other.stop);
        await fill(other, { 'team/web': { latest: web.latest } });
        await act(visitor, 'Delete…');
        await visitor.press('Delete 1 tag');
        await visitor.has('.tray a', 'Show');
        const here = await visitor.text('#connection .connection-text');

        await visitor.page.click('#connection');
        await visitor.fill('Registry address', other.url);
        await visitor.page.keyboard.press('Enter');
        await visitor.until((text) => {
          const button = document.querySelector('#connection[data-state=connected]');
          return button && button.innerText !== text;
        }, here);
        await visitor.sees(/Deletion of edge of team\/web on 127\.0\.0\.1:\d+/);
        assert.equal(await visitor.page.$('.tray a'), null);
        await visitor.press('Undo the deletion of edge of team/web');
        await visitor.has('.tray .transfer-note', '1 tag restored');
        assert.equal(await digestAt(registry, 'team/web', 'edge'), digests.edge);
        assert.deepEqual(await tagsOf(other, 'team/web'), ['latest']);
        await visitor.isContent({ except: EXPECTED });
      },
    );

    test('a second push to the same tag is one of its own', SLOW, async (t) => {
      const [visitor, , gate] = await begin(t, '#/push/team/new');
      gate.rule = ({ method }) => ['POST', 'PATCH', 'PUT'].includes(method) && hangs;
      for (const file of ['big.bin', 'hello.txt']) {
        await choose(visitor, file);
        await visitor.sees(file);
        await visitor.fill('Tag optional', 'latest');
        await visitor.press('Push the files');
        await visitor.sees('The push is under way');
      }
      await visitor.sees('2 pushes running');
      await visitor.isContent({ except: EXPECTED });
    });

    test('files go under a tag only if it still points where it was seen to', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/push/team/web');
      await choose(visitor, 'hello.txt');
      await visitor.fill('Tag optional', 'edge');
      await visitor.press('Push the files');
      await visitor.sees(`edge points to ${short(digests.edge)} now.`);
      await pusher(registry.url).tagAs('team/web', web['1.0.0'], 'edge');
      await visitor.press('Move edge');
      await visitor.press('Push');
      await visitor.has('.tray .bad code', 'CONFLICT');
      assert.equal(await digestAt(registry, 'team/web', 'edge'), digests['1.0.0']);
      await visitor.isContent({ except: EXPECTED });
    });

    test('an image of an archive goes to the repository of its own name', SLOW, async (t) => {
      const [visitor] = await begin(t, '#/push');
      await choose(visitor, 'two.tar');
      await visitor.press('registry.example.com/team/hello:2.0');
      assert.deepEqual(
        [await typedIn(visitor, 'push-repository'), await typedIn(visitor, 'push-tag')],
        ['team/hello', '2.0'],
      );
      await visitor.fill('To the repository', 'mirror/all');
      await visitor.press('registry.example.com/team/web:1.0.0');
      assert.equal(await typedIn(visitor, 'push-repository'), 'mirror/all');
      await visitor.isContent({ except: EXPECTED });
    });

    test('a copy that breaks off tells what was copied, and goes on with the rest', SLOW, async (t) => {
      const [visitor, registry, gate] = await begin(t, '#/copy?from=team/web:1.0.0,1.1.0');
      await visitor.has('#copy-source');
      await visitor.fill('Repository', 'localhost/web');
      await visitor.press('Look at both');
      gate.rule = ({ method, url }) => method === 'PUT' && url.endsWith('/manifests/1.1.0') && error(403, 'DENIED');
      await visitor.press('Copy');
      await visitor.has('.tray .transfer-note', '1 of 2 tags copied');
      gate.rule = ({ method, url }) => method === 'PUT' && url.endsWith('/manifests/1.1.0') && hangs;
      await visitor.press('Try again the copy of team/web to 2 tags to localhost/web');
      await visitor.press('Cancel the copy of team/web to 2 tags to localhost/web');
      await visitor.has('.tray .transfer-note', 'Cancelled. 1 of 2 tags copied');
      assert.equal(await visitor.page.$('.tray-lines'), null);
      gate.rule = undefined;
      await visitor.press('Try again the copy of team/web to 2 tags to localhost/web');
      await visitor.sees(/2 tags copied, \d+ mounted/);
      assert.equal(await digestAt(registry, 'localhost/web', '1.1.0'), digests['1.1.0']);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a target that was typed stays when the source changes', SLOW, async (t) => {
      const [visitor] = await begin(t, '#/copy?from=team/web:1.0.0');
      await visitor.has('#copy-source');
      await visitor.fill('Repository', 'backup/web');
      await visitor.fill('Image', 'team/web:1.1.0');
      await visitor.page.keyboard.press('Tab');
      assert.deepEqual(
        [await typedIn(visitor, 'copy-target'), await typedIn(visitor, 'copy-tag')],
        ['backup/web', '1.1.0'],
      );
      await visitor.isContent({ except: EXPECTED });
    });

    test('a sign-in in the middle loses nothing that was typed or chosen', SLOW, async (t) => {
      const [visitor, , gate] = await begin(t, '#/push/team/new');
      await choose(visitor, 'two.tar');
      await visitor.press('registry.example.com/team/hello:2.0');
      await visitor.fill('Tag', 'mine');
      const locked = asking('Basic realm="test"', (request, response) => gate.pass(request, response));
      gate.rule = (request) => !request.headers.authorization && locked;
      await visitor.press('Look at the target');
      await visitor.has('[role=alert] .code', 'UNAUTHORIZED');
      await signIn(visitor);
      await visitor.sees('2 images');
      assert.equal(await typedIn(visitor, 'push-tag'), 'mine');
      await visitor.press('Look at the target');
      await visitor.sees('mine is new', /0 of 2 blobs/);

      await visitor.go('#/copy?from=team/web:1.0.0');
      await visitor.has('#copy-target');
      await visitor.fill('Repository', 'backup/web');
      await visitor.go('#/cleanup/team/web');
      await visitor.has('#rule-remove');
      await visitor.fill('Names', '1.*');
      await visitor.page.goBack();
      await visitor.has('#copy-target');
      assert.equal(await typedIn(visitor, 'copy-target'), 'backup/web');
      await visitor.page.goForward();
      await visitor.has('#rule-remove');
      assert.equal(await typedIn(visitor, 'rule-remove'), '1.*');
      await visitor.isContent({ except: EXPECTED });
    });

    test('the user of one registry is not sent to another', SLOW, async (t) => {
      const [visitor, , gate] = await begin(t, '#/');
      await visitor.sees('1 repository');
      const locked = asking('Basic realm="test"', (request, response) => gate.pass(request, response));
      gate.rule = (request) => !request.headers.authorization && locked;
      await visitor.page.reload();
      await visitor.has('#connection-panel .code');
      await visitor.fill('User optional', 'alice');
      await visitor.fill('Password optional', 'secret-of-alice');
      await visitor.page.keyboard.press('Enter');
      await visitor.has('#connection[data-state=connected]');
      await visitor.page.click('#connection');
      assert.equal(await typedIn(visitor, 'username'), 'alice');
      await visitor.fill('Registry address', 'localhost:1');
      assert.equal(await typedIn(visitor, 'username'), '');
      await visitor.isContent({ except: EXPECTED });
    });

    test('another login for the registry that is shown is used for the copy alone', SLOW, async (t) => {
      const [visitor, , gate] = await begin(t, '#/copy?from=team/web:1.0.0');
      await visitor.has('#copy-source');
      const users = new Set();
      gate.rule = ({ method, url, headers }) => {
        const isTarget = url.includes('/backup/');
        if (isTarget || headers.authorization) users.add(headers.authorization ?? 'nobody');
        return isTarget && !headers.authorization && error(401, 'UNAUTHORIZED', method, BASIC);
      };
      await visitor.press('Another registry');
      await visitor.fill('Registry address', await visitor.text('.crumbs a'));
      await visitor.fill('User optional', 'robot');
      await visitor.fill('Password optional', 'secret-of-robot');
      await visitor.fill('Repository', 'backup/web');
      await visitor.press('Look at both');
      await visitor.sees('What would be copied', 'new');
      assert.ok(users.has(`Basic ${Buffer.from('robot:secret-of-robot').toString('base64')}`), [...users].join());
      users.clear();
      await visitor.go('#/repo/team/web');
      await visitor.sees('7 tags');
      assert.deepEqual([...users], []);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a config.json that cannot be read allows no changes', SLOW, async (t) => {
      const registry = await startDistribution({ headers: corsHidden });
      t.after(registry.stop);
      await fill(registry, { 'team/web': { latest: web.latest } });
      const site = await startSite({ registry: registry.url });
      t.after(site.stop);
      const pass = proxyTo(new URL(site.url), '');
      const page = await startScripted((request, response) => (page.rule?.(request) ?? pass)(request, response));
      t.after(page.stop);
      const config = (handler) => {
        page.rule = ({ url }) => (url === '/config.json' ? handler : undefined);
      };
      config(send('<title>Bad gateway</title>', { 'status': 502, 'content-type': 'text/html' }));
      const visitor = await browser.visit(t, `${page.url}/`);
      await visitor.sees('config.json could not be read: the server answers 502');
      await visitor.fill('Registry address', registry.url);
      await visitor.page.keyboard.press('Enter');
      await visitor.has('#connection[data-state=connected]');
      await visitor.go('#/push');
      await visitor.sees('changes are not allowed here');

      for (const nothing of [error(404, 'NOT_FOUND'), html]) {
        config(nothing);
        await visitor.page.reload();
        await visitor.has('#connection[data-state=connected]');
        await visitor.has('.drop');
      }
      await visitor.isContent({ except: EXPECTED });
    });

    test('in the frame of another site, nothing can be changed', SLOW, async (t) => {
      const registry = await startDistribution();
      t.after(registry.stop);
      await fill(registry, { 'team/web': { latest: web.latest } });
      const site = await startSite({ registry: registry.url });
      t.after(site.stop);
      const frame = `<!doctype html><title>x</title><iframe width=900 height=600 src="${site.url}/#/repo/team/web/tag/latest"></iframe>`;
      const outside = await startScripted({
        '/': send(frame, { 'content-type': 'text/html' }),
        '/favicon.ico': json({}),
      });
      t.after(outside.stop);
      const visitor = await browser.visit(t, `${outside.url.replace('127.0.0.1', 'localhost')}/`);
      let inner;
      await eventually(() => {
        inner = visitor.page.frames().find((one) => one.url().startsWith(site.url));
        return inner !== undefined;
      });
      await inner.waitForSelector('.tabs');
      assert.equal(await inner.$('.menu summary'), null);
      await inner.evaluate(() => {
        location.hash = '#/cleanup/team/web';
      });
      await inner.waitForFunction(() => /changes are not allowed here/.test(document.body.innerText));
    });

    test('without a clipboard of its own, the page copies all the same, or says that it does not', SLOW, async (t) => {
      const [visitor] = await begin(t, '#/repo/team/web/tag/1.0.0');
      await visitor.has('.pull-command .copy');
      await visitor.page.evaluate(() =>
        Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }),
      );
      await visitor.page.click('.pull-command .copy');
      await visitor.has('.pull-command .copied');
      const command = await visitor.text('.pull-command code');
      await visitor.page.keyboard.press('/');
      await visitor.has('dialog.palette[open]');
      await visitor.page.keyboard.down('Control');
      await visitor.page.keyboard.press('v');
      await visitor.page.keyboard.up('Control');
      assert.equal(await visitor.page.$eval('dialog input', (input) => input.value), command);
      await visitor.page.keyboard.press('Escape');
      await visitor.page.evaluate(() => {
        document.execCommand = () => false;
      });
      await visitor.page.click('.pull-command .copy');
      await visitor.has('.pull-command .not-copied[title="The browser did not allow copying the pull command"]');
      await visitor.isContent({ except: EXPECTED });
    });
  });
}
