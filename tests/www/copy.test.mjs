// Copies in the page: within a registry, to another one with its own login, of some platforms, onto existing tags.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { fill } from '../../www/registry/fill.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { corsFor, credentials, startDistribution } from '../registries/servers.mjs';
import { startSite } from '../../www/server/site.mjs';
import { freePort } from '../../www/registry/process.mjs';
import { digestAt, EXPECTED, tagsOf } from './support/actions.mjs';
import { audit } from './support/audit.mjs';
import { axe } from './support/axe.mjs';
import { visitSite } from './support/scripted.mjs';
import { settled } from './support/views.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const { 'team/web': web } = samples;

for (const name of browserNames) {
  describe(`copies in ${name}`, () => {
    let browser;
    let registry;
    before(async () => {
      [browser, registry] = await Promise.all([openBrowser(name), startDistribution()]);
      await fill(registry, { 'team/web': web });
    }, SLOW);
    after(() => Promise.all([browser?.close(), registry?.stop()]));

    test('from the menu of an image to another repository, with all its platforms', SLOW, async (t) => {
      const visitor = await visitSite(t, browser, registry.url, '#/repo/team/web/tag/2.0.0');
      await visitor.has('.menu summary');
      await visitor.page.click('.menu summary');
      await visitor.press('Copy to…');
      await visitor.has('.view h1', 'Copy');
      assert.equal(await visitor.page.$eval('#copy-source', (input) => input.value), 'team/web:2.0.0');
      await visitor.fill('Repository', `released/${name.toLowerCase()}.v1`);
      await visitor.press('Look at both');
      await visitor.sees('What would be copied', 'new', /0 of 12 blobs, 6\.\d+ MB to mount/);
      await visitor.until(settled);
      assert.deepEqual(await visitor.page.evaluate(audit), []);
      assert.deepEqual(await axe(visitor), []);
      await visitor.press('Copy');
      await visitor.sees(/Copied, \d+ mounted/);
      assert.equal(await digestAt(registry, `released/${name.toLowerCase()}.v1`, '2.0.0'), web['2.0.0'].digest);
      await visitor.press(`Show team/web to released/${name.toLowerCase()}.v1:2.0.0`);
      await visitor.has('.view h1', `released/${name.toLowerCase()}.v1`);
      await visitor.isContent({ except: EXPECTED });
    });

    test('several tags, some platforms, and a tag that points elsewhere', SLOW, async (t) => {
      const target = `some/${name.toLowerCase()}`;
      const visitor = await visitSite(t, browser, registry.url, '#/copy?from=team/web:1.0.0,1.1.0');
      await visitor.has('#copy-source');
      await visitor.fill('Repository', target);
      await visitor.press('Look at both');
      await visitor.sees('What would be copied');
      await visitor.press('Copy');
      await visitor.sees(/2 tags copied/);
      assert.deepEqual(await tagsOf(registry, target), ['1.0.0', '1.1.0']);

      await visitor.go('#/copy?from=team/web:2.0.0');
      await visitor.until(() => document.querySelector('#copy-source')?.value === 'team/web:2.0.0');
      await visitor.fill('Repository', target);
      await visitor.fill('Tag', '1.0.0');
      await visitor.press('Look at both');
      await visitor.sees(`points to ${web['1.0.0'].digest.slice(0, 19)} now`);
      assert.equal(await (await visitor.named('Copy', 'button')).evaluate((button) => button.disabled), true);
      await visitor.press('linux/arm/v7');
      await visitor.press('linux/arm64/v8');
      await visitor.press('Move tags of the target that point elsewhere');
      await visitor.press('Copy');
      await visitor.sees(/Copied/);
      assert.equal(await digestAt(registry, target, '1.0.0'), web['2.0.0'].children[0].digest, 'the image alone');

      await visitor.go('#/copy?from=team/web:no-such-tag');
      await visitor.until(() => document.querySelector('#copy-source')?.value === 'team/web:no-such-tag');
      await visitor.press('Look at both');
      await visitor.has('.code', 'MANIFEST_UNKNOWN');
      await visitor.isContent({ except: EXPECTED });
    });

    test('to another registry, with a login of its own', SLOW, async (t) => {
      // The other registry has to let the page in by its origin.
      const port = await freePort();
      const site = await startSite({ registry: registry.url, port });
      t.after(site.stop);
      const headers = {
        ...corsFor(site.url),
        'Access-Control-Allow-Methods': ['GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
      };
      const open = await startDistribution({ headers });
      t.after(open.stop);
      const visitor = await browser.visit(t, `${site.url}/#/copy?from=team/web:2.0.0`);
      await visitor.has('#copy-source');
      await visitor.press('Another registry');
      await visitor.fill('Registry address', open.url);
      await visitor.fill('Repository', 'mirror/web');
      await visitor.press('Look at both');
      await visitor.sees('What would be copied', /0 of 12 blobs, 6\.\d+ MB to send/);
      await visitor.press('Copy');
      await visitor.has('.tray .transfer-note.good');
      assert.equal(await digestAt(open, 'mirror/web', '2.0.0'), web['2.0.0'].digest);
      // The requests of both are in the log, under their hosts.
      await visitor.press('Requests');
      const hosts = [registry, open].map(({ url }) => new URL(url).host);
      for (const host of hosts) await visitor.sees(`${host}/v2/`);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a login that the other registry refuses is told there, not as one of this registry', SLOW, async (t) => {
      const port = await freePort();
      const site = await startSite({ registry: registry.url, port });
      t.after(site.stop);
      const locked = await startDistribution({ auth: 'basic', headers: corsFor(site.url) });
      t.after(locked.stop);
      const visitor = await browser.visit(t, `${site.url}/#/copy?from=team/web:2.0.0`);
      await visitor.has('#copy-source');
      await visitor.press('Another registry');
      await visitor.fill('Registry address', locked.url);
      await visitor.fill('User optional', credentials.username);
      await visitor.fill('Password optional', 'wrong');
      await visitor.press('Look at both');
      await visitor.has('[role=alert]');
      assert.equal(await visitor.page.$('#connection[data-state=refused]'), null);
      // distribution refuses preflights with credentials: the doctor says so.
      await visitor.press('Find the cause');
      await visitor.has('.view h1', 'Doctor');
      assert.equal(await visitor.page.$eval('#doctor-address', (input) => input.value), locked.url);
      await visitor.sees(/problems? found/);
      assert.ok(!(await visitor.page.evaluate(() => location.href)).includes('wrong'));
      await visitor.isContent({ except: EXPECTED });
    });
  });
}
