// Clean-up and copy from their beginning to their end with the keyboard alone: nothing here is clicked.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { samples } from '../../www/registry/sample-images.mjs';
import { digestAt, EXPECTED, tagsOf } from './support/actions.mjs';
import { visitOwn } from './support/gate.mjs';
import { openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const { 'team/web': web } = samples;
/** More stops than any of these pages has between two things to do. */
const MOST = 60;

/** Runs in the page: what a screen reader calls the focused element. */
const nameOfFocused = () => {
  const element = document.activeElement;
  const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(' ');
  return (element.getAttribute('aria-label') ?? (labels || element.textContent)).trim();
};

describe('by keyboard in Chromium', () => {
  let browser;
  before(async () => {
    browser = await openBrowser('Chromium');
  }, SLOW);
  after(() => browser?.close());

  async function begin(t, path) {
    const [visitor, registry] = await visitOwn(t, browser, { 'team/web': web }, path);
    const { keyboard } = visitor.page;
    /** Presses Tab until something of this name has the focus. */
    const tabTo = async (wanted) => {
      const seen = [];
      for (let stop = 0; stop < MOST; stop += 1) {
        await keyboard.press('Tab');
        seen.push(await visitor.page.evaluate(nameOfFocused));
        if (wanted instanceof RegExp ? wanted.test(seen.at(-1)) : seen.at(-1) === wanted) return;
      }
      assert.fail(`Tab does not lead to “${wanted}”, but to ${seen.map((one) => one.slice(0, 30)).join(' | ')}`);
    };
    const retype = async (text) => {
      await keyboard.down('Control');
      await keyboard.press('a');
      await keyboard.up('Control');
      await keyboard.type(text);
    };
    return { visitor, registry, keyboard, tabTo, retype };
  }

  test('a clean-up: rules, the plan and its rows, the name, the report', SLOW, async (t) => {
    const { visitor, registry, keyboard, tabTo, retype } = await begin(t, '#/repo/team/web');
    await visitor.sees('7 tags');
    await tabTo('Clean up');
    await keyboard.press('Enter');
    await visitor.has('form.rules');
    await tabTo('Names');
    await retype('1.*, edge');
    await tabTo('With the manifests that only they need');
    await keyboard.press('Space');
    await keyboard.press('Space');
    await tabTo('The newest');
    await keyboard.press('ArrowDown');
    await retype('1');
    await tabTo('Count');
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowUp');
    await tabTo('Make a plan');
    await keyboard.press('Enter');
    await visitor.has('#plan-title');
    assert.equal(await visitor.focused(), 'Make a plan');
    await tabTo(/^Kept \d/);
    await keyboard.press('Space');
    await visitor.has('.plan-row strong', 'latest');
    await tabTo(/^Manifests \d/);
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    await keyboard.press('ArrowDown');
    assert.match(await visitor.page.evaluate(nameOfFocused), /^removesha256:/);
    await tabTo('Type team/web to confirm');
    await keyboard.type('team/web');
    await tabTo('Remove');
    await keyboard.press('Enter');
    await visitor.has('h2', 'Report');
    assert.equal(await visitor.focused(), 'Report');
    assert.deepEqual(await tagsOf(registry, 'team/web'), ['2.0.0', 'edge', 'latest', 'sbom']);
    await tabTo('Make another plan');
    await keyboard.press('Enter');
    assert.equal(await visitor.focused(), 'Make a plan');
    await tabTo('Show team/web');
    await visitor.isContent({ except: EXPECTED });
  });

  test('a copy: from the menu, to a typed target, with a choice of platforms, to its result', SLOW, async (t) => {
    const { visitor, registry, keyboard, tabTo, retype } = await begin(t, '#/repo/team/web/tag/2.0.0');
    await visitor.has('.menu summary');
    await tabTo('Actions');
    await keyboard.press('Enter');
    await tabTo('Copy to…');
    await keyboard.press('Enter');
    await visitor.has('#copy-source');
    await tabTo('With signatures, SBOMs and other referrers');
    await keyboard.press('Tab');
    // The other registry and back, by the keys of radio buttons.
    await keyboard.press('ArrowDown');
    assert.equal(await visitor.page.evaluate(nameOfFocused), 'Another registry');
    await keyboard.press('ArrowUp');
    await tabTo('Repository');
    await retype('backup/web');
    await tabTo('Look at both');
    await keyboard.press('Enter');
    await visitor.sees('What would be copied');
    await tabTo('linux/arm64/v8');
    await keyboard.press('Space');
    await tabTo('Copy');
    await keyboard.press('Enter');
    await visitor.sees('The copy is under way');
    assert.match(await visitor.focused(), /The copy is under way/);
    await visitor.has('.tray .good');
    assert.ok(await digestAt(registry, 'backup/web', '2.0.0'));
    assert.notEqual(await digestAt(registry, 'backup/web', '2.0.0'), web['2.0.0'].digest);
    await tabTo('Show team/web to backup/web:2.0.0');
    await keyboard.press('Enter');
    await visitor.has('h1', 'backup/web');
    await visitor.isContent({ except: EXPECTED });
  });
});
