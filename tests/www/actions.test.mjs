// Changes of tags in the page, with what the registry has afterwards: deletion with siblings, retag, undo, and what cannot be undone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { fill } from '../../www/registry/fill.mjs';
import { pusher } from '../../www/registry/push.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { asking, content, json } from '../registries/scripted.mjs';
import { startDistribution, startFerro } from '../registries/servers.mjs';
import { fillV1 } from '../registries/v1-images.mjs';
import { startV1 } from '../registries/v1-server.mjs';
import { act, digestAt, EXPECTED, tagsOf } from './support/actions.mjs';
import { audit } from './support/audit.mjs';
import { axe } from './support/axe.mjs';
import { eventually, good, hello, visitScripted, visitSite } from './support/scripted.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const { 'team/web': web } = samples;
const [web100, web200, edge] = ['1.0.0', '2.0.0', 'edge'].map((tag) => web[tag].digest);
const short = (digest) => digest.slice(0, 19);

const registries = { distribution: startDistribution, ferro: startFerro };

for (const name of browserNames) {
  describe(`actions on tags in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    /** A registry of its own for each test: they change it. */
    async function begin(t, path, start = startDistribution) {
      const registry = await start();
      t.after(registry.stop);
      await fill(registry, { 'team/web': web });
      return [await visitSite(t, browser, registry.url, path), registry];
    }

    for (const [kind, start] of Object.entries(registries)) {
      test(`a deletion says what stays, and is undone (${kind})`, SLOW, async (t) => {
        const [visitor, registry] = await begin(t, '#/repo/team/web/tag/2.0.0', start);
        await act(visitor, 'Delete…');
        await visitor.sees(`${short(web200)} loses 2.0.0`, 'Other tags point to it and stay', '1 digest stays tagged.');
        assert.deepEqual(await visitor.texts('.siblings label'), ['latest']);
        assert.deepEqual(await visitor.page.evaluate(audit), []);
        assert.deepEqual(await axe(visitor), []);
        await visitor.press('Delete 1 tag');
        await visitor.has('.tray .transfer-note', '1 tag deleted');
        assert.equal(await digestAt(registry, 'team/web', '2.0.0'), undefined);
        assert.equal(await digestAt(registry, 'team/web', 'latest'), web200);

        await visitor.press('Undo the deletion of 2.0.0 of team/web');
        await visitor.has('.tray .transfer-note', '1 tag restored');
        assert.equal(await digestAt(registry, 'team/web', '2.0.0'), web200);
        await visitor.isContent({ except: EXPECTED });
      });
    }

    test('with its sibling, a digest loses its last tag; the list is read again', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/repo/team/web');
      await visitor.sees('7 tags');
      await visitor.go('#/repo/team/web/tag/2.0.0');
      await act(visitor, 'Delete…');
      await visitor.press('latest');
      await visitor.sees('1 digest loses its last tag');
      await visitor.press('Delete 2 tags');
      await visitor.has('.tray .transfer-note', '2 tags deleted');
      assert.deepEqual(await tagsOf(registry, 'team/web'), ['1.0.0', '1.1', '1.1.0', 'edge', 'sbom']);
      assert.equal(await digestAt(registry, 'team/web', web200), web200, 'the manifest stays');
      await visitor.press('Show 2 tags of team/web');
      await visitor.sees('5 tags');
      // The list that is shown follows.
      await visitor.press('Undo the deletion of 2 tags of team/web');
      await visitor.sees('7 tags');
      assert.equal(await digestAt(registry, 'team/web', 'latest'), web200);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a manifest that goes with its last tag cannot be undone, which is said', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/repo/team/web/tag/1.0.0');
      await act(visitor, 'Delete…');
      await visitor.press('Delete the manifests that lose their last tag, too. This cannot be undone.');
      await visitor.press('Delete 1 tag');
      await visitor.sees(
        '1 tag deleted, with 1 manifest',
        `Cannot be undone: the registry no longer has ${short(web100)}`,
      );
      assert.equal(await visitor.page.$('[aria-label^="Undo"]'), null);
      assert.equal(await digestAt(registry, 'team/web', web100), undefined);
      await visitor.isContent({ except: EXPECTED });
    });

    test('an undo looks again whether the registry has the manifest', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/repo/team/web/tag/1.0.0');
      await act(visitor, 'Delete…');
      await visitor.press('Delete 1 tag');
      await visitor.has('.tray .transfer-note', '1 tag deleted');
      await pusher(registry.url).remove('team/web', web100);
      await visitor.press('Undo the deletion of 1.0.0 of team/web');
      await visitor.sees('0 tags restored', `Cannot be undone: the registry no longer has ${short(web100)}`);
      assert.equal(await digestAt(registry, 'team/web', '1.0.0'), undefined);
      await visitor.isContent({ except: EXPECTED });
    });

    test('what moved since it was looked at is left alone', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/repo/team/web/tag/edge');
      await act(visitor, 'Delete…');
      await visitor.named('Delete 1 tag', 'button');
      await pusher(registry.url).tagAs('team/web', web['1.0.0'], 'edge');
      await visitor.press('Delete 1 tag');
      await visitor.sees('0 of 1 tag deleted', `edge points to ${short(web100)} since, and is left alone.`);
      assert.equal(await digestAt(registry, 'team/web', 'edge'), web100);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a new name, and an existing one after it was asked; both are undone', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/repo/team/web/tag/2.0.0');
      await act(visitor, 'Retag…');
      await visitor.fill('New name in team/web', 'stable');
      await visitor.page.keyboard.press('Enter');
      await visitor.has('.tray .transfer-note', 'Tagged');
      assert.equal(await digestAt(registry, 'team/web', 'stable'), web200);

      await act(visitor, 'Retag…');
      await visitor.fill('New name in team/web', 'edge');
      await visitor.press('Tag');
      await visitor.sees(`edge points to ${short(edge)} now. It would point to ${short(web200)}.`);
      assert.deepEqual(await axe(visitor), []);
      await visitor.press('Move edge, which points elsewhere');
      await visitor.press('Move edge');
      await visitor.has('.tray .transfer-note', `Moved from ${short(edge)} to ${short(web200)}`);
      assert.equal(await digestAt(registry, 'team/web', 'edge'), web200);

      await visitor.press('Undo the retag of edge of team/web');
      await visitor.has('.tray .transfer-note', `Points to ${short(edge)} again`);
      assert.equal(await digestAt(registry, 'team/web', 'edge'), edge);
      await visitor.press('Undo the retag of stable of team/web');
      await visitor.has('.tray .transfer-note', 'The tag is gone again');
      assert.equal(await digestAt(registry, 'team/web', 'stable'), undefined);

      await act(visitor, 'Retag…');
      await visitor.fill('New name in team/web', 'latest');
      await visitor.press('Tag');
      await visitor.sees('latest points to this image already.');
      await visitor.isContent({ except: EXPECTED });
    });

    test('a tag that somebody moved meanwhile is not moved, nor undone', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/repo/team/web/tag/2.0.0');
      const { tagAs } = pusher(registry.url);
      await act(visitor, 'Retag…');
      await visitor.fill('New name in team/web', 'edge');
      await visitor.press('Tag');
      await visitor.named('Move edge', 'button');
      await tagAs('team/web', web['1.0.0'], 'edge');
      await visitor.press('Move edge, which points elsewhere');
      await visitor.press('Move edge');
      await visitor.has('.tray .bad code', 'CONFLICT');
      assert.equal(await digestAt(registry, 'team/web', 'edge'), web100);

      await act(visitor, 'Retag…');
      await visitor.fill('New name in team/web', 'next');
      await visitor.press('Tag');
      await visitor.has('.tray .transfer-note', 'Tagged');
      await tagAs('team/web', web['1.0.0'], 'next');
      await visitor.press('Undo the retag of next of team/web');
      await visitor.sees('Not undone', `next points to ${short(web100)} since, and is left alone.`);
      assert.equal(await digestAt(registry, 'team/web', 'next'), web100);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a manifest is deleted by its digest, unless something needs it', SLOW, async (t) => {
      const [, arm64] = web['2.0.0'].children;
      const [visitor, registry] = await begin(t, `#/repo/team/web/digest/${arm64.digest}`);
      await act(visitor, 'Delete the manifest…');
      await visitor.sees('It is in use, and is not deleted.', `${short(web200)} lists it`);
      await visitor.press('Close');
      await visitor.go(`#/repo/team/web/digest/${web100}`);
      await visitor.has('.view h1', `team/web@${web100}`);
      await act(visitor, 'Delete the manifest…');
      await visitor.sees('1 tag of it go, too: 1.0.0.');
      await visitor.press('Delete the manifest');
      await visitor.sees('1 tag deleted, with 1 manifest');
      assert.equal(await digestAt(registry, 'team/web', web100), undefined);
      await visitor.isContent({ except: EXPECTED });
    });

    test('the keyboard alone reaches all of it, and gets the focus back', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/repo/team/web/tag/edge');
      const { keyboard } = visitor.page;
      await visitor.has('.menu summary');
      await visitor.page.focus('.menu summary');
      await keyboard.press('Enter');
      await keyboard.press('Escape');
      assert.equal(await visitor.page.$eval('.menu', (menu) => menu.open), false);
      assert.equal(await visitor.focused(), 'Actions');

      await keyboard.press('Enter');
      for (let stop = 0; stop < 2; stop += 1) await keyboard.press('Tab');
      assert.equal(await visitor.focused(), 'Retag…');
      await keyboard.press('Enter');
      await visitor.has('dialog[open] #new-tag');
      await keyboard.press('Escape');
      await visitor.until(() => !document.querySelector('dialog'));
      assert.equal(await visitor.focused(), 'Actions');

      await keyboard.press('Enter');
      for (let stop = 0; stop < 2; stop += 1) await keyboard.press('Tab');
      await keyboard.press('Enter');
      await visitor.until(() => document.activeElement.id === 'new-tag');
      await keyboard.type('by-keyboard');
      await keyboard.press('Enter');
      await visitor.has('.tray .transfer-note', 'Tagged');
      assert.equal(await digestAt(registry, 'team/web', 'by-keyboard'), edge);
      await visitor.isContent({ except: EXPECTED });
    });

    test('V1: tags are deleted and made, with undo; what V1 lacks is absent', SLOW, async (t) => {
      const v1 = await startV1();
      t.after(v1.stop);
      await fillV1(v1);
      const visitor = await visitSite(t, browser, v1.url, '#/repo/acme/tiny/tag/latest');
      await act(visitor, 'Delete…');
      assert.deepEqual(await visitor.texts('.menu-items button'), ['Retag…', 'Delete…']);
      await visitor.sees('V1 deletes tags only.');
      await visitor.press('Delete 1 tag');
      await visitor.has('.tray .transfer-note', '1 tag deleted');
      await visitor.press('Undo the deletion of latest of acme/tiny');
      await visitor.has('.tray .transfer-note', '1 tag restored');
      await visitor.go('#/cleanup/acme/tiny');
      await visitor.sees('This registry speaks V1, which does not have this.');
      await visitor.go('#/repo/acme/tiny');
      await visitor.has('a[href$="/tag/latest"]');
      assert.equal(await visitor.page.$('a[href^="#/push"]'), null);
      await visitor.isContent({ except: EXPECTED });
    });

    test('in a large repository, siblings are looked for on request', SLOW, async (t) => {
      const tags = Array.from({ length: 250 }, (_, number) => `v${number}`);
      const script = Object.fromEntries(tags.map((tag) => [`/v2/hello/manifests/${tag}`, content(hello)]));
      const [visitor, server] = await visitScripted(
        t,
        browser,
        { ...good, ...script, '/v2/hello/tags/list': json({ name: 'hello', tags: ['latest', ...tags] }) },
        '#/repo/hello/tag/latest',
      );
      await act(visitor, 'Delete…');
      await visitor.sees('Whether one of 250 other tags points to the same was not read.', 'Only tags are deleted');
      assert.ok(!server.requests.some(({ url }) => url.includes('/manifests/v')));
      await visitor.press('Read them (250 requests)');
      await visitor.sees('1 digest stays tagged.');
      assert.equal((await visitor.texts('.siblings label')).length, 250);
      await visitor.press('Cancel');
      await visitor.until(() => !document.querySelector('dialog'));
      assert.ok(
        server.requests.every(({ method }) => ['GET', 'HEAD'].includes(method)),
        'nothing was changed',
      );
      await visitor.isContent({ except: EXPECTED });
    });

    test('a login that is missed in a dialog closes it for the form', SLOW, async (t) => {
      const [visitor, server] = await visitScripted(t, browser, good, '#/repo/hello/tag/latest');
      await visitor.has('.menu summary');
      server.script = {
        ...good,
        '/v2/hello/tags/list': asking('Basic realm="test"', json({ name: 'hello', tags: [] })),
      };
      await visitor.page.click('.menu summary');
      await visitor.press('Delete…');
      await visitor.has('dialog [role=alert]');
      await visitor.press('Sign in');
      await visitor.until(() => !document.querySelector('dialog'));
      assert.equal(await visitor.focused(), 'username');
      await visitor.isContent({ except: EXPECTED });
    });

    test('a deletion that the registry does not have is refused plainly', SLOW, async (t) => {
      const open = await startDistribution();
      t.after(open.stop);
      await fill(open, { 'team/web': web });
      const registry = await startDistribution({
        data: open.data,
        settings: { storage: { delete: { enabled: false } } },
      });
      t.after(registry.stop);
      const visitor = await visitSite(t, browser, registry.url, '#/repo/team/web/tag/edge');
      await act(visitor, 'Delete…');
      await visitor.press('Delete 1 tag');
      await visitor.sees('0 of 1 tag deleted', /storage\.delete\.enabled|REGISTRY_STORAGE_DELETE_ENABLED/);
      await eventually(async () => (await digestAt(registry, 'team/web', 'edge')) === edge);
      await visitor.isContent({ except: EXPECTED });
    });
  });
}
