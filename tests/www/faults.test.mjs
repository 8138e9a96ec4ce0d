// What goes wrong in the middle: a list that breaks off, a limit, a lost connection, a login that ends. The page says so, keeps
// what it has, and goes on by itself where it can.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { fill } from '../../www/registry/fill.mjs';
import { asking, error, hangs, json } from '../registries/scripted.mjs';
import { corsHidden, credentials, startDistribution } from '../registries/servers.mjs';
import { drips, eventually, good, hello, layerOf, layerPath, visitScripted } from './support/scripted.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const REQUEST_FAILED = /Failed to load resource|40[0-9]|42[0-9]|NetworkError|Cross-Origin|CORS|preflight/;
const names = (count, prefix = 'v') => Array.from({ length: count }, (_, number) => `${prefix}${number}`);

/** The first page of a list, and what comes instead of the second. */
const breaksAfter = (document, then) => (request, response) =>
  (request.url.includes('last=') ? then : json(document, { link: '</v2/hello/tags/list?last=x&n=1000>; rel="next"' }))(
    request,
    response,
  );

for (const name of browserNames) {
  describe(`faults in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    test('a list that breaks off says so above its rows, and keeps them while it is read again', SLOW, async (t) => {
      const tags = names(1000);
      const broken = breaksAfter({ name: 'hello', tags }, error(400, 'BROKEN', 'as scripted'));
      const [visitor, server] = await visitScripted(
        t,
        browser,
        { ...good, '/v2/hello/tags/list': broken },
        '#/repo/hello',
      );
      await visitor.sees('This list is incomplete.', 'BROKEN', '1,000 tags so far');
      await visitor.has('.count', '1,000 read so far');
      assert.ok(
        await visitor.page.evaluate(() => {
          const [note, rows] = ['.list-note', '.rows'].map((one) =>
            document.querySelector(one).getBoundingClientRect(),
          );
          return note.bottom <= rows.top && note.top < window.innerHeight;
        }),
        'in sight without scrolling',
      );

      server.script = { ...good, '/v2/hello/tags/list': hangs };
      await visitor.press('Try again');
      await visitor.has('.count', '1,000, reading…');
      assert.ok((await visitor.texts('.listing .row')).length > 10, 'the rows stay');

      server.script = { ...good, '/v2/hello/tags/list': json({ name: 'hello', tags: [...tags, 'last'] }) };
      await visitor.go('#/');
      await visitor.go('#/repo/hello');
      await visitor.has('.count', '1,001');
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('Refresh blanks nothing, and what is gone goes at the end', SLOW, async (t) => {
      const [visitor, server] = await visitScripted(
        t,
        browser,
        { ...good, '/v2/hello/tags/list': json({ name: 'hello', tags: ['old', 'stays'] }) },
        '#/repo/hello',
      );
      await visitor.has('.count', '2');
      let answer;
      server.script = {
        ...good,
        '/v2/hello/tags/list': (request, response) => {
          answer = () => json({ name: 'hello', tags: ['stays', 'new'] })(request, response);
        },
      };
      await visitor.press('Refresh');
      await eventually(() => answer !== undefined);
      assert.deepEqual(await visitor.texts('.listing .row strong'), ['old', 'stays']);
      answer();
      await visitor.until(() => !document.querySelector('.count').textContent.includes('reading'));
      assert.deepEqual(await visitor.texts('.listing .row strong'), ['new', 'stays']);
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('a registry without a catalog is no failure', SLOW, async (t) => {
      const [visitor] = await visitScripted(t, browser, { ...good, '/v2/_catalog': error(404, 'NOT_FOUND') });
      await visitor.sees('This registry does not list its repositories', 'This registry has no catalog');
      assert.equal(await visitor.page.$('[role=alert]'), null);
      await visitor.fill('Open a repository by name', 'hello');
      await visitor.page.keyboard.press('Enter');
      await visitor.has('.view h1', 'hello');
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('a login that ends while somebody browses can be renewed where it is missed', SLOW, async (t) => {
      const [visitor, server] = await visitScripted(t, browser, good, '#/');
      await visitor.sees('1 repository in 1 namespace');
      const locked = asking('Basic realm="test"', json({ name: 'hello', tags: ['latest', 'secret'] }));
      server.script = { ...good, '/v2/hello/tags/list': locked };
      await visitor.press('hello');
      await visitor.sees('HTTP 401', 'The tags could not be read');
      await visitor.has('#connection[data-state=refused]');
      await visitor.press('Sign in');
      assert.equal(await visitor.focused(), 'username');
      await visitor.fill('User optional', 'alice');
      await visitor.fill('Password optional', 'secret');
      await visitor.page.keyboard.press('Enter');
      await visitor.sees('2 tags');
      await visitor.has('#connection[data-state=connected]');
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('a limit is explained, and sizes come when it is over', SLOW, async (t) => {
      const limited = error(429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '120' });
      const [visitor, server] = await visitScripted(
        t,
        browser,
        { ...good, '/v2/hello/manifests/latest': limited },
        '#/repo/hello',
      );
      await visitor.sees('The registry limits the number of requests.');
      await visitor.has('.row .cell-size', 'waiting');
      server.script = good;
      // The pause is the registry's; being online again ends it.
      await visitor.page.evaluate(() => window.dispatchEvent(new Event('online')));
      await visitor.has('.row .cell-platforms', 'linux/amd64');
      await visitor.until(() => document.querySelector('.limit').textContent === '');
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('a download goes on when its view is left, and is seen in the tray', SLOW, async (t) => {
      const [visitor, server] = await visitScripted(
        t,
        browser,
        { ...good, [layerPath]: drips(layerOf.size) },
        '#/repo/hello/tag/latest/layers',
      );
      await visitor.press('Download layer 0');
      await visitor.sees('1 download running');
      await visitor.go('#/');
      await visitor.sees(
        '1 repository in 1 namespace',
        '1 download running',
        new RegExp(`[1-9]\\d* B of ${layerOf.size} B`),
      );
      await visitor.go('#/repo/hello/tag/latest/layers');
      await visitor.has('.layers progress');
      await visitor.go('#/');
      await visitor.press('Cancel the download of layer 0 of hello');
      await visitor.has('.tray .transfer-note', 'Cancelled');
      await eventually(() => server.open === 0);
      await visitor.press('Dismiss layer 0 of hello');
      await visitor.until(() => document.getElementById('tray').hidden);
      await visitor.isContent();
    });

    test('a registry that refuses preflights is called that, with the settings to paste', SLOW, async (t) => {
      const registry = await startDistribution({ auth: 'basic', headers: corsHidden });
      t.after(registry.stop);
      const authorization = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
      await fill(registry, { hello: { latest: hello } }, { authorization });
      const [visitor] = await visitScripted(t, browser, good);
      await visitor.sees('1 repository in 1 namespace');
      await visitor.page.click('#connection');
      await visitor.fill('Registry address', registry.url);
      await visitor.fill('User optional', credentials.username);
      await visitor.fill('Password optional', credentials.password);
      await visitor.press('Connect');
      await visitor.sees('Connection failed', /preflight|OPTIONS/i);
      await visitor.has('.finding summary', 'Settings for nginx');
      assert.doesNotMatch(await visitor.text('.connection-status'), /Nothing responds there/);
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    if (name === 'Chromium')
      test('sizes that fail for a while come by themselves', SLOW, async (t) => {
        const [visitor, server] = await visitScripted(
          t,
          browser,
          { ...good, '/v2/hello/manifests/latest': error(503, 'UNAVAILABLE') },
          '#/repo/hello',
        );
        await visitor.has('.row .cell-size', 'waiting');
        server.script = good;
        await visitor.has('.row .cell-platforms', 'linux/amd64');
        await visitor.isContent({ except: /Failed to load resource/ });
      });

    // Firefox's protocol cannot take the network away.
    if (name === 'Chromium')
      test('offline: the page says so, and goes on when it is online again', SLOW, async (t) => {
        const [visitor] = await visitScripted(t, browser, good, '#/');
        await visitor.sees('1 repository in 1 namespace');
        await visitor.page.setOfflineMode(true);
        await visitor.has('#connection[data-state=offline]');
        await visitor.go('#/repo/hello');
        await visitor.sees('OFFLINE', 'The page continues when it is online again.');
        await visitor.page.setOfflineMode(false);
        await visitor.sees('1 tag');
        await visitor.has('.row .cell-platforms', 'linux/amd64');
        await visitor.has('#connection[data-state=connected]');
        await visitor.isContent({ except: /Failed to load resource|ERR_INTERNET_DISCONNECTED/ });
      });
  });
}
