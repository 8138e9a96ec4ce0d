// Tags that move, keys that are pressed twice and plans that are made again between a look at the registry and its change.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { pusher } from '../../www/registry/push.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { error, hangs } from '../registries/scripted.mjs';
import { act, digestAt, EXPECTED, tagsOf } from './support/actions.mjs';
import { visitOwn } from './support/gate.mjs';
import { eventually } from './support/scripted.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const { 'team/web': web } = samples;
const [web100, web110, web200, edge] = ['1.0.0', '1.1.0', '2.0.0', 'edge'].map((tag) => web[tag].digest);

for (const name of browserNames) {
  describe(`races in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    const begin = (t, path) => visitOwn(t, browser, { 'team/web': web }, path);

    /** Answers that wait until `open()`. */
    function latch({ pass }) {
      const waiting = [];
      let isOpen = false;
      const hold = (...exchange) => (isOpen ? pass(...exchange) : waiting.push(exchange));
      const open = () => {
        isOpen = true;
        for (const exchange of waiting.splice(0)) pass(...exchange);
      };
      return { hold, open, waiting };
    }

    test('a manifest that got a tag since is not deleted', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/repo/team/web/tag/1.0.0');
      const { tagAs } = pusher(registry.url);
      await act(visitor, 'Delete…');
      await visitor.press('Delete the manifests that lose their last tag, too. This cannot be undone.');
      await tagAs('team/web', web['1.0.0'], 'production');
      await visitor.press('Delete 1 tag');
      await visitor.sees('1 tag deleted', `${web100.slice(0, 19)} is kept: production points to it since.`);
      assert.equal(await digestAt(registry, 'team/web', 'production'), web100);

      await visitor.go(`#/repo/team/web/digest/${edge}`);
      await visitor.has('h1', `team/web@${edge}`);
      await act(visitor, 'Delete the manifest…');
      await visitor.sees('1 tag of it go, too: edge.');
      await tagAs('team/web', web.edge, 'production');
      await visitor.press('Delete the manifest');
      await visitor.sees(`${edge.slice(0, 19)} is kept: production points to it since.`);
      assert.equal(await digestAt(registry, 'team/web', 'production'), edge);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a tag that is not what the page shows any more is told of', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/repo/team/web/tag/edge');
      const { tagAs } = pusher(registry.url);
      await visitor.has('.tabs');
      await tagAs('team/web', web['1.0.0'], 'edge');
      await act(visitor, 'Delete…');
      await visitor.sees(`Not what this page shows any more: edge pointed to ${edge.slice(0, 19)}.`);
      await visitor.press('Cancel');
      await visitor.until(() => !document.querySelector('dialog'));

      await act(visitor, 'Retag…');
      await visitor.fill('New name in team/web', 'stable');
      await visitor.page.keyboard.press('Enter');
      await visitor.sees(`edge is not what this page shows any more, which is ${edge.slice(0, 19)}.`);
      await visitor.page.keyboard.press('Enter');
      assert.equal(await digestAt(registry, 'team/web', 'stable'), undefined);
      await visitor.press('Tag it all the same');
      await visitor.press('Tag');
      await visitor.has('.tray .transfer-note', 'Tagged');
      assert.equal(await digestAt(registry, 'team/web', 'stable'), web100);

      // A list has shown it, too.
      await visitor.go('#/repo/team/web');
      await visitor.has('.cell-digest code', web200.slice(7, 19));
      await tagAs('team/web', web.edge, 'latest');
      await visitor.press('Select latest');
      await visitor.press('Delete…');
      await visitor.sees(`Not what this page shows any more: latest pointed to ${web200.slice(0, 19)}.`);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a tag that cannot be read may be a sibling', SLOW, async (t) => {
      const [visitor, , gate] = await begin(t, '#/repo/team/web/tag/2.0.0');
      await visitor.has('.menu summary');
      gate.rule = ({ url }) => url.endsWith('/manifests/latest') && error(403, 'DENIED');
      await act(visitor, 'Delete…');
      await visitor.sees('Whether one of 1 other tag points to the same was not read.', 'Only tags are deleted');
      gate.rule = undefined;
      await visitor.press('Read them (1 request)');
      await visitor.sees('Other tags point to it and stay', '1 digest stays tagged.');
      await visitor.isContent({ except: EXPECTED });
    });

    test('Enter that is pressed again moves no tag', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/repo/team/web/tag/2.0.0');
      await act(visitor, 'Retag…');
      await visitor.fill('New name in team/web', 'edge');
      await visitor.page.keyboard.press('Enter');
      await visitor.named('Move edge', 'button');
      await visitor.page.keyboard.press('Enter');
      await visitor.page.keyboard.press('Enter');
      await visitor.has('dialog[open]');
      assert.equal(await digestAt(registry, 'team/web', 'edge'), edge);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a name that is typed on while the first one is looked up is not written', SLOW, async (t) => {
      const [visitor, registry, gate] = await begin(t, '#/repo/team/web/tag/2.0.0');
      await act(visitor, 'Retag…');
      await visitor.fill('New name in team/web', 'v2');
      const { hold, open, waiting } = latch(gate);
      gate.rule = ({ method }) => method === 'HEAD' && hold;
      await visitor.page.keyboard.press('Enter');
      await eventually(() => waiting.length > 0);
      await visitor.page.keyboard.type('.1');
      open();
      await visitor.press('Tag');
      await visitor.has('.tray .transfer-note', 'Tagged');
      assert.equal(await digestAt(registry, 'team/web', 'v2.1'), web200);
      assert.equal(await digestAt(registry, 'team/web', 'v2'), undefined);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a deletion that is tried again can be undone from its beginning', SLOW, async (t) => {
      const [visitor, registry, gate] = await begin(t, '#/repo/team/web/tag/1.1');
      await act(visitor, 'Delete…');
      await visitor.press('1.1.0');
      await visitor.named('Delete 2 tags', 'button');
      gate.rule = ({ url }) => url.includes('/manifests/1.1.0') && hangs;
      await visitor.press('Delete 2 tags');
      await visitor.sees('1 of 2');
      await visitor.press('Cancel the deletion of 2 tags of team/web');
      await visitor.sees('Cancelled. 1 of 2 tags deleted');
      gate.rule = undefined;
      await visitor.press('Try again the deletion of 2 tags of team/web');
      await visitor.has('.tray .transfer-note', '2 tags deleted');
      await visitor.press('Undo the deletion of 2 tags of team/web');
      await visitor.has('.tray .transfer-note', '2 tags restored');
      for (const tag of ['1.1', '1.1.0']) assert.equal(await digestAt(registry, 'team/web', tag), web110);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a plan that takes longer does not replace a later one', SLOW, async (t) => {
      const [visitor, registry, gate] = await begin(t, '#/cleanup/team/web');
      await visitor.has('form.rules');
      const { hold, open, waiting } = latch(gate);
      gate.rule = ({ url }) => url.includes('/tags/list') && hold;
      await visitor.fill('Protected names', '');
      await visitor.fill('The newest', '');
      await visitor.press('Make a plan');
      await eventually(() => waiting.length > 0);
      gate.rule = undefined;
      await visitor.fill('Names', '1.0.0');
      await visitor.press('Make a plan');
      await visitor.has('#plan-title');
      open();
      await visitor.fill('Type team/web to confirm', 'team/web');
      assert.deepEqual(await visitor.texts('.plan-row strong'), ['1.0.0']);

      // The rules in the form differ from those of the plan.
      await visitor.fill('Names', '1.0.*');
      await visitor.sees('The rules were changed since. Make a plan again.');
      assert.equal(await visitor.page.$eval('form.confirm', (form) => form.checkVisibility()), false);
      await visitor.fill('Names', '1.0.0');
      await visitor.press('Remove');
      await visitor.sees('Report');
      assert.deepEqual(
        await tagsOf(registry, 'team/web'),
        Object.keys(web)
          .sort()
          .filter((tag) => tag !== '1.0.0'),
      );
      await visitor.isContent({ except: EXPECTED });
    });

    test('no other plan is made or applied while one is carried out', SLOW, async (t) => {
      const [visitor, registry, gate] = await begin(t, '#/cleanup/team/web');
      await visitor.has('form.rules');
      await visitor.fill('Names', '1.0.0');
      await visitor.fill('The newest', '');
      await visitor.press('Make a plan');
      await visitor.has('#plan-title');
      gate.rule = ({ method }) => method === 'DELETE' && hangs;
      await visitor.fill('Type team/web to confirm', 'team/web');
      await visitor.press('Remove');
      await visitor.has('h2', 'Removing…');
      await visitor.press('Make a plan');
      await visitor.sees('A clean-up of this repository is under way.');
      await visitor.has('h2', 'Removing…');
      await visitor.page.click('.tray [aria-label="Cancel the clean-up of team/web"]');
      await visitor.has('h2', 'Report');
      assert.doesNotMatch(await visitor.text('main'), /under way/);
      assert.equal(await digestAt(registry, 'team/web', '1.0.0'), web100);
      gate.rule = undefined;
      // The tray runs it once more, which the page follows.
      await visitor.press('Try again the clean-up of team/web');
      await visitor.sees('Removed: 2');
      assert.equal(await digestAt(registry, 'team/web', '1.0.0'), undefined);
      await visitor.isContent({ except: EXPECTED });
    });
  });
}
