// The doctor: what it finds for the registry that is open and for others, with settings to paste; and that errors lead to it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { fill } from '../../www/registry/fill.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { startSite } from '../../www/server/site.mjs';
import { freePort } from '../../www/registry/process.mjs';
import { asking, json } from '../registries/scripted.mjs';
import { corsHidden, credentials, startDistribution } from '../registries/servers.mjs';
import { EXPECTED } from './support/actions.mjs';
import { audit } from './support/audit.mjs';
import { axe } from './support/axe.mjs';
import { good, visitScripted, visitSite } from './support/scripted.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };

for (const name of browserNames) {
  describe(`the doctor in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    test('the registry that is open, and one typed, with settings to paste', SLOW, async (t) => {
      const [open, hidden] = await Promise.all([
        startDistribution(),
        startDistribution({ auth: 'basic', headers: corsHidden }),
      ]);
      t.after(() => Promise.all([open.stop(), hidden.stop()]));
      await fill(open, { hello: samples.hello });
      const visitor = await visitSite(t, browser, open.url, '#/doctor');
      await visitor.sees('This page can work with the registry', 'What works', 'Registry API v2');
      assert.equal(await visitor.page.$eval('#doctor-address', (input) => input.value), open.url);

      await visitor.fill('Registry', hidden.url);
      await visitor.fill('User optional', credentials.username);
      await visitor.fill('Password optional', credentials.password);
      await visitor.press('Test again');
      await visitor.sees(/problems? found/, /preflight|OPTIONS/i);
      await visitor.has('.finding summary', 'Settings for nginx');
      await visitor.page.click('.finding summary');
      await visitor.sees('Access-Control-Allow-Origin');
      assert.deepEqual(await visitor.page.evaluate(audit), []);
      assert.deepEqual(await axe(visitor), []);
      assert.ok(!(await visitor.text('main')).includes(credentials.password));
      await visitor.isContent({ except: EXPECTED });
    });

    test('what cannot be connected to leads there, without a session', SLOW, async (t) => {
      const site = await startSite({ registry: `http://127.0.0.1:${await freePort()}` });
      t.after(site.stop);
      const dead = `http://127.0.0.1:${await freePort()}`;
      const visitor = await browser.visit(t, `${site.url}/?registry=${encodeURIComponent(dead)}`);
      await visitor.sees('Connection failed', 'CORS_OR_NETWORK');
      await visitor.press('Find the cause');
      await visitor.has('.view h1', 'Doctor');
      await visitor.sees(/problems? found/);
      assert.equal(await visitor.page.$eval('#doctor-address', (input) => input.value), dead);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a refused login leads there, too', SLOW, async (t) => {
      const [visitor, server] = await visitScripted(t, browser, good, '#/');
      await visitor.sees('1 repository in 1 namespace');
      server.script = {
        ...good,
        '/v2/hello/tags/list': asking('Basic realm="test"', json({ name: 'hello', tags: [] })),
      };
      await visitor.press('hello');
      await visitor.sees('HTTP 401');
      await visitor.press('Find the cause');
      await visitor.has('.view h1', 'Doctor');
      await visitor.sees('What works');
      await visitor.isContent({ except: EXPECTED });
    });
  });
}
