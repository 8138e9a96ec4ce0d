// Cleaning up in the page: rules, the plan and its reasons, the plan as a file, carrying it out, and the report.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { fill } from '../../www/registry/fill.mjs';
import { pusher } from '../../www/registry/push.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { startDistribution, startFerro } from '../registries/servers.mjs';
import { digestAt, EXPECTED, tagsOf } from './support/actions.mjs';
import { audit } from './support/audit.mjs';
import { axe } from './support/axe.mjs';
import { eventually, visitSite } from './support/scripted.mjs';
import { settled } from './support/views.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const { 'team/web': web } = samples;
const ALL = Object.keys(web).sort();

for (const name of browserNames) {
  describe(`clean-up in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    async function begin(t, start = startDistribution) {
      const registry = await start();
      t.after(registry.stop);
      await fill(registry, { 'team/web': web });
      return [await visitSite(t, browser, registry.url, '#/cleanup/team/web'), registry];
    }

    async function plan(visitor, rules) {
      await visitor.has('form.rules');
      for (const [label, text] of Object.entries(rules)) await visitor.fill(label, text);
      await visitor.press('Make a plan');
      await visitor.has('#plan-title');
      await visitor.until(settled);
    }

    for (const [kind, start] of Object.entries({ distribution: startDistribution, ferro: startFerro })) {
      test(`from rules to the plan, and after the typed name to the report (${kind})`, SLOW, async (t) => {
        const [visitor, registry] = await begin(t, start);
        await plan(visitor, { Names: '1.*, edge', 'The newest': '1', 'Protected names': '1.1' });
        const removed = await visitor.texts('.plan-row strong');
        assert.deepEqual(removed, ['1.0.0', '1.1.0']);
        await visitor.has('.plan-row .plan-reasons', 'its name is selected');
        await visitor.press('Kept 5');
        const reasons = await visitor.texts('.plan-row .row-name');
        assert.ok(
          reasons.some((text) => /^1\.1a protected name/.test(text)),
          `${reasons}`,
        );
        assert.ok(
          reasons.some((text) => /^edgeamong the newest/.test(text)),
          `${reasons}`,
        );
        assert.deepEqual(await visitor.page.evaluate(audit), []);
        assert.deepEqual(await axe(visitor), []);

        assert.equal(await visitor.page.$eval('button.danger', (button) => button.disabled), true);
        await visitor.fill('Type team/web to confirm', 'team/we');
        assert.equal(await visitor.page.$eval('button.danger', (button) => button.disabled), true);
        assert.deepEqual(await tagsOf(registry, 'team/web'), ALL, 'nothing is removed before');
        await visitor.fill('Type team/web to confirm', 'team/web');
        await visitor.page.keyboard.press('Enter');
        await visitor.sees('Report', 'Removed: 3', 'kept.');
        assert.deepEqual(await tagsOf(registry, 'team/web'), ['1.1', '2.0.0', 'edge', 'latest', 'sbom']);
        assert.equal(await digestAt(registry, 'team/web', web['1.0.0'].digest), undefined);
        assert.equal(await digestAt(registry, 'team/web', '1.1'), web['1.1'].digest);
        await visitor.has('.tray .transfer-note', '3 removed');
        await visitor.go('#/repo/team/web');
        await visitor.sees('5 tags');
        await visitor.isContent({ except: EXPECTED });
      });
    }

    test('a plan goes into a file and comes back; what changed since is skipped', SLOW, async (t) => {
      const [visitor, registry] = await begin(t);
      await plan(visitor, { Names: '1.0.0, edge', 'The newest': '', 'Protected names': '' });
      await visitor.press('Save the plan');
      let file;
      await eventually(async () => {
        file = (await readdir(browser.folder)).find((one) => /^cleanup-.*team-web-.*\.json$/.test(one));
        return file && (await readFile(join(browser.folder, file), 'utf8')).endsWith('}\n');
      });
      const path = join(browser.folder, file);
      const saved = JSON.parse(await readFile(path, 'utf8'));
      assert.equal(saved.repository, 'team/web');

      await visitor.page.reload();
      await visitor.has('input[aria-label="Plan to load"]');
      await (await visitor.page.$('input[aria-label="Plan to load"]')).uploadFile(path);
      await visitor.has('#plan-title');
      assert.deepEqual(await visitor.texts('.plan-row strong'), ['1.0.0', 'edge']);

      await pusher(registry.url).tagAs('team/web', web['2.0.0'], 'edge');
      await visitor.fill('Type team/web to confirm', 'team/web');
      await visitor.press('Remove');
      await visitor.sees('Skipped, because they changed');
      assert.equal(await digestAt(registry, 'team/web', 'edge'), web['2.0.0'].digest);
      assert.equal(await digestAt(registry, 'team/web', '1.0.0'), undefined);

      const other = join(browser.folder, 'other.json');
      await writeFile(other, JSON.stringify({ ...saved, repository: 'team/api' }));
      await visitor.press('Make another plan');
      await (await visitor.page.$('input[aria-label="Plan to load"]')).uploadFile(other);
      await visitor.has('.code', 'INVALID_ARGUMENT');
      await visitor.isContent({ except: EXPECTED });
    });

    test('the plan survives a look elsewhere; rules that cannot be used are named', SLOW, async (t) => {
      const [visitor] = await begin(t);
      await plan(visitor, { Names: '1.*', 'The newest': '', 'Protected names': '' });
      await visitor.press('Kept 4');
      await visitor.go('#/repo/team/web');
      await visitor.sees('7 tags');
      await visitor.page.goBack();
      await visitor.has('#plan-title');
      assert.equal(await visitor.page.$eval('#rule-remove', (input) => input.value), '1.*');

      await visitor.fill('Older than', 'soon');
      await visitor.press('Make a plan');
      await visitor.has('.code', 'INVALID_ARGUMENT');
      await visitor.sees(/olderThan/);
      await visitor.go('#/cleanup/no/such');
      await visitor.has('form.rules');
      await visitor.press('Make a plan');
      await visitor.sees(/NAME_UNKNOWN|NOT_FOUND/);
      await visitor.isContent({ except: EXPECTED });
    });
  });
}
