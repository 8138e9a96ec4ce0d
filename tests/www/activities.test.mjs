// What goes on in the tray, and what goes wrong in the middle of it: cancelled, paused, offline, the login over, changes not allowed.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { digestOf } from '../../www/registry/content.mjs';
import { fill } from '../../www/registry/fill.mjs';
import { noise, samples } from '../../www/registry/sample-images.mjs';
import { open } from '../js/cli/ui.mjs';
import { asking, error, hangs, send } from '../registries/scripted.mjs';
import { startDistribution } from '../registries/servers.mjs';
import { act, digestAt, EXPECTED, tagsOf } from './support/actions.mjs';
import { audit } from './support/audit.mjs';
import { axe } from './support/axe.mjs';
import { startGate } from './support/gate.mjs';
import { eventually, good, hello, layerOf, layerPath, visitScripted, visitSite } from './support/scripted.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const { 'team/web': web } = samples;
const isManifest = ({ method, url }) => method === 'PUT' && url.includes('/manifests/');
const isUpload = ({ method, url }) => ['PUT', 'PATCH'].includes(method) && url.includes('/blobs/uploads/');

for (const name of browserNames) {
  describe(`activities in ${name}`, () => {
    let browser;
    let registry;
    before(async () => {
      [browser, registry] = await Promise.all([openBrowser(name), startDistribution()]);
      await fill(registry, { 'team/web': web });
    }, SLOW);
    after(() => Promise.all([browser?.close(), registry?.stop()]));

    /** The page before the registry, with a gate between them. */
    async function begin(t, path) {
      const gate = await startGate(registry);
      t.after(gate.stop);
      return [await visitSite(t, browser, gate.url, path), gate];
    }

    /** Begins to push a file of two megabytes, under a tag. */
    async function push(visitor, tag) {
      const file = join(browser.folder, `${tag}.bin`);
      await writeFile(file, noise(2_000_000, tag.length));
      await (await visitor.page.waitForSelector('input[aria-label="Files to push"]')).uploadFile(file);
      await visitor.fill('Tag optional', tag);
      await visitor.press('Push the files');
    }

    test('a push goes on elsewhere, is cancelled midway, and is done once more', SLOW, async (t) => {
      const [visitor, gate] = await begin(t, '#/push/some/files');
      gate.rule = (request) => isUpload(request) && hangs;
      await push(visitor, `cancelled-${name.toLowerCase()}`);
      await visitor.sees('1 push running');
      await visitor.go('#/repo/team/web');
      await visitor.sees('7 tags', '1 push running');
      assert.deepEqual(await visitor.page.evaluate(audit), []);
      assert.deepEqual(await axe(visitor), []);
      await visitor.press(`Cancel the push of some/files:cancelled-${name.toLowerCase()}`);
      await visitor.has('.tray .transfer-note', 'Cancelled');
      await eventually(() => gate.open === 0);
      gate.rule = undefined;
      await visitor.press(`Try again the push of some/files:cancelled-${name.toLowerCase()}`);
      await visitor.has('.tray .transfer-note', 'Pushed 1 file');
      assert.ok(await digestAt(registry, 'some/files', `cancelled-${name.toLowerCase()}`));
      await visitor.press(`Show some/files:cancelled-${name.toLowerCase()}`);
      await visitor.has('.view h1', `some/files:cancelled-${name.toLowerCase()}`);
      await visitor.press(`Dismiss some/files:cancelled-${name.toLowerCase()}`);
      await visitor.until(() => document.getElementById('tray').hidden);

      // Cancelled when the tag is about to be written, and when it is written, but the answer does not come.
      const tag = `written-${name.toLowerCase()}`;
      let asked;
      const isTagging = (request) => isManifest(request) && request.url.endsWith(tag);
      const cancelled = async () => {
        await eventually(() => asked);
        await visitor.press(`Cancel the push of some/files:${tag}`);
      };
      const drops = () => {
        asked = true;
      };
      gate.rule = (request) => isTagging(request) && drops;
      await visitor.go('#/push/some/files');
      await push(visitor, tag);
      await cancelled();
      await visitor.has('.tray .transfer-note', `Cancelled. ${tag} was not written.`);
      asked = false;
      const silent = async (request) => {
        const { method, url, headers } = request;
        const type = headers['content-type'];
        await fetch(registry.url + url, { method, headers: { 'content-type': type }, body: await buffer(request) });
        asked = true;
      };
      gate.rule = (request) => isTagging(request) && silent;
      await visitor.press(`Try again the push of some/files:${tag}`);
      await cancelled();
      const written = await digestAt(registry, 'some/files', tag);
      await visitor.has('.tray .transfer-note', `Cancelled. ${tag} was written: it points to ${written.slice(0, 19)}.`);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a deletion of several tags that is cancelled midway tells what was done', SLOW, async (t) => {
      const own = await startDistribution();
      t.after(own.stop);
      await fill(own, { 'team/web': web });
      const gate = await startGate(own);
      t.after(gate.stop);
      const visitor = await visitSite(t, browser, gate.url, '#/repo/team/web/tag/1.1');
      await act(visitor, 'Delete…');
      await visitor.press('1.1.0');
      await visitor.named('Delete 2 tags', 'button');
      let removed = 0;
      gate.rule = (request) => {
        if (request.method === 'HEAD' && request.url.endsWith('/manifests/1.1.0')) removed = 1;
        return removed > 0 && request.url.includes('/manifests/1.1.0') && hangs;
      };
      await visitor.press('Delete 2 tags');
      await eventually(() => removed > 0);
      await visitor.sees('1 of 2');
      await visitor.press('Cancel the deletion of 2 tags of team/web');
      await visitor.sees('Cancelled. 1 of 2 tags deleted');
      assert.ok(!(await tagsOf(own, 'team/web')).includes('1.1'));
      assert.equal(await digestAt(own, 'team/web', '1.1.0'), web['1.1.0'].digest);
      gate.rule = undefined;
      await visitor.press('Undo the deletion of 2 tags of team/web');
      await visitor.has('.tray .transfer-note', '1 tag restored');
      assert.equal(await digestAt(own, 'team/web', '1.1'), web['1.1'].digest);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a deletion that was done when it was cancelled counts as done, and is undone', SLOW, async (t) => {
      const own = await startDistribution();
      t.after(own.stop);
      await fill(own, { 'team/web': web });
      const gate = await startGate(own);
      t.after(gate.stop);
      const visitor = await visitSite(t, browser, gate.url, '#/repo/team/web/tag/edge');
      await act(visitor, 'Delete…');
      await visitor.named('Delete 1 tag', 'button');
      let isDeleted = false;
      // distribution deletes by digest only, which the package finds out with one that no content has. It does, and the answer
      // does not come.
      const silent = async ({ method, url }) => {
        await fetch(own.url + url, { method });
        isDeleted = true;
      };
      gate.rule = ({ method, url }) => method === 'DELETE' && /sha256:(?!0{64})/.test(url) && silent;
      await visitor.press('Delete 1 tag');
      await eventually(async () => isDeleted && (await digestAt(own, 'team/web', 'edge')) === undefined);
      await visitor.press('Cancel the deletion of edge of team/web');
      await visitor.sees('Cancelled. 1 tag deleted');
      gate.rule = undefined;
      await visitor.press('Undo the deletion of edge of team/web');
      await visitor.has('.tray .transfer-note', '1 tag restored');
      assert.equal(await digestAt(own, 'team/web', 'edge'), web.edge.digest);
      await visitor.isContent({ except: EXPECTED });
    });

    test('a login that ends midway is renewed, and what failed is done with the new one', SLOW, async (t) => {
      const [visitor, gate] = await begin(t, '#/push/some/files');
      const locked = asking('Basic realm="test"', (request, response) => gate.pass(request, response));
      gate.rule = (request) => isManifest(request) && !request.headers.authorization && locked;
      const tag = `renewed-${name.toLowerCase()}`;
      await push(visitor, tag);
      await visitor.has('.tray .bad code', 'UNAUTHORIZED');
      await visitor.has('#connection[data-state=refused]');
      await visitor.press('Sign in');
      assert.equal(await visitor.focused(), 'username');
      // From here on everything asks.
      gate.rule = (request) => !request.headers.authorization && locked;
      await visitor.fill('User optional', 'alice');
      await visitor.fill('Password optional', 'secret-of-alice');
      await visitor.page.keyboard.press('Enter');
      await visitor.has('#connection[data-state=connected]');
      await visitor.press(`Try again the push of some/files:${tag}`);
      await visitor.has('.tray .transfer-note', 'Pushed 1 file');
      assert.ok(await digestAt(registry, 'some/files', tag));
      await visitor.press('Requests');
      await visitor.has('.requests li');
      const log = await visitor.text('.tray');
      assert.match(log, /PUT/);
      for (const secret of ['secret-of-alice', Buffer.from('alice:secret-of-alice').toString('base64'), '?', '_state'])
        assert.ok(!log.includes(secret), secret);
      await visitor.isContent({ except: EXPECTED });
    });

    // Firefox's protocol cannot take the network away.
    if (name === 'Chromium')
      test('offline midway: it says so, and what failed is done when the network is back', SLOW, async (t) => {
        const [visitor, gate] = await begin(t, '#/push/some/files');
        let isHeld = false;
        gate.rule = (request) => {
          if (!isUpload(request)) return undefined;
          isHeld = true;
          return hangs;
        };
        await push(visitor, 'offline');
        await eventually(() => isHeld);
        await visitor.page.setOfflineMode(true);
        gate.rule = undefined;
        for (const socket of gate.sockets) socket.destroy();
        await visitor.has('.tray .bad code', 'OFFLINE');
        await visitor.page.setOfflineMode(false);
        await visitor.press('Try again the push of some/files:offline');
        await visitor.has('.tray .transfer-note', 'Pushed 1 file');
        assert.ok(await digestAt(registry, 'some/files', 'offline'));
        await visitor.isContent({ except: /Failed to load resource/ });
      });

    test('a download is paused and goes on, to the right bytes', SLOW, async (t) => {
      let rest;
      const halves = async (_, response) => {
        const [{ bytes }] = hello.layers;
        response.writeHead(200, { 'content-length': layerOf.size });
        for (let at = 0; at < 50; at += 10) {
          response.write(bytes.subarray(at, at + 10));
          await sleep(30);
        }
        rest = () => response.end(bytes.subarray(50));
      };
      const [visitor] = await visitScripted(
        t,
        browser,
        { ...good, [layerPath]: halves },
        '#/repo/hello/tag/latest/layers',
      );
      await visitor.press('Download layer 0');
      await visitor.sees(new RegExp(`[1-9]0 B of ${layerOf.size} B`));
      await visitor.press('Pause the download of layer 0 of hello');
      await visitor.sees(new RegExp(`[1-9]0 B of ${layerOf.size} B, paused`));
      await eventually(() => rest !== undefined);
      rest();
      await visitor.named('Continue the download of layer 0 of hello', 'button');
      assert.equal(await visitor.page.$('.layers .good'), null);
      await visitor.press('Continue the download of layer 0 of hello');
      await visitor.has('.layers .good', 'Verified');
      const file = join(browser.folder, `${layerOf.digest.slice(7, 19)}.tar.gz`);
      await eventually(async () => {
        const bytes = await readFile(file).catch(() => undefined);
        return bytes?.length === layerOf.size && digestOf(bytes) === layerOf.digest;
      });
      await visitor.isContent();
    });

    test('the log of requests: what was asked, the answer, and the rate limit; bounded', SLOW, async (t) => {
      const limited = (handler) => (request, response) => {
        response.setHeader('ratelimit-limit', '100;w=21600');
        response.setHeader('ratelimit-remaining', '76;w=21600');
        return handler(request, response);
      };
      const script = Object.fromEntries(Object.entries(good).map(([path, handler]) => [path, limited(handler)]));
      const [visitor] = await visitScripted(t, browser, script, '#/repo/hello/tag/no-such-tag');
      await visitor.sees('NOT_FOUND_BY_SCRIPT');
      await visitor.press('Activity and requests');
      await visitor.sees('Downloads, pushes, copies and other changes are listed here.');
      assert.equal(await visitor.focused(), 'Activity');
      await visitor.press('Requests');
      await visitor.go('#/repo/hello');
      await visitor.sees('1 tag', 'allows 100 requests per 6 h, 76 left');
      const lines = await visitor.texts('.requests li');
      assert.ok(
        lines.some((line) => /GET\/v2\/hello\/manifests\/no-such-tag404/.test(line)),
        `${lines}`,
      );
      assert.ok(
        lines.every((line) => !/\?/.test(line)),
        `${lines}`,
      );
      assert.deepEqual(await visitor.page.evaluate(audit), []);
      assert.deepEqual(await axe(visitor), []);
      await visitor.press('Clear');
      await visitor.until(() => document.querySelectorAll('.requests li').length === 0);
      await visitor.press('Fold');
      await visitor.until(() => document.getElementById('tray').hidden);
      assert.equal(await visitor.page.evaluate(() => document.activeElement.id), 'main');
      await visitor.isContent({ except: EXPECTED });
    });

    test('what the command ui refuses without --allow-changes is no matter of a login', SLOW, async (t) => {
      const [visitor, gate] = await begin(t, '#/repo/team/web/tag/edge');
      await act(visitor, 'Retag…');
      gate.rule = ({ method }) =>
        method === 'PUT' && error(403, 'DENIED', 'this page only reads: --allow-changes allows changes');
      await visitor.fill('New name in team/web', 'refused');
      await visitor.press('Tag');
      await visitor.sees('This page was opened for reading only.', 'ui HOST --allow-changes');
      assert.equal(await visitor.page.$('#connection[data-state=refused]'), null);
      gate.rule = ({ method }) => method === 'PUT' && send('no', { status: 405 });
      await visitor.press('Try again the retag of refused of team/web');
      await visitor.sees('The registry, or a server in front of it, does not allow this.');
      assert.equal(await digestAt(registry, 'team/web', 'refused'), undefined);
      await visitor.isContent({ except: EXPECTED });
    });

    test('with the command ui: nothing shows its secret, and no other registry can be reached', SLOW, async (t) => {
      const { url } = await open(t, [registry.url, '--no-open', '--allow-changes']);
      const visitor = await browser.visit(t, `${url}#/repo/team/web/tag/edge`);
      const [, token] = /:\d+\/([0-9a-f]{48})\//.exec(url);
      const isShown = () => visitor.page.evaluate((secret) => document.body.innerHTML.includes(secret), token);
      await act(visitor, 'Retag…');
      const tag = `by-ui-${name.toLowerCase()}`;
      await visitor.fill('New name in team/web', tag);
      await visitor.press('Tag');
      await visitor.has('.tray .transfer-note', 'Tagged');
      assert.ok(await digestAt(registry, 'team/web', tag));
      await visitor.press('Requests');
      await visitor.has('.requests li');
      assert.equal(await isShown(), false, 'the log');
      await visitor.go('#/repo/team/web/tag/no-such-tag');
      await visitor.sees('MANIFEST_UNKNOWN');
      assert.equal(await isShown(), false, 'a message');
      await visitor.go('#/doctor');
      await visitor.sees('What works');
      assert.equal(await isShown(), false, 'the doctor');

      await visitor.go('#/copy?from=team/web:edge');
      await visitor.has('#copy-source');
      await visitor.press('Another registry');
      await visitor.fill('Registry address', 'localhost:5000');
      await visitor.press('Look at both');
      await visitor.sees('This page may talk to the registry that it was opened for, and to no other.');
      const host = new URL(registry.url).host;
      await visitor.sees(`copy ${host}/team/web:edge localhost:5000/team/web:edge`);
      // The policy refused it, as it should.
      assert.ok(
        (await visitor.page.evaluate(() => globalThis.violations)).every((one) => one.startsWith('connect-src')),
      );
    });

    test('a limit and a failure in the middle of a clean-up are in the report', SLOW, async (t) => {
      const own = await startDistribution();
      t.after(own.stop);
      await fill(own, { 'team/web': web });
      const gate = await startGate(own);
      t.after(gate.stop);
      const visitor = await visitSite(t, browser, gate.url, '#/cleanup/team/web');
      await visitor.has('form.rules');
      await visitor.fill('Names', '1.0.0, edge');
      await visitor.fill('The newest', '');
      await visitor.press('Make a plan');
      await visitor.has('#plan-title');
      gate.rule = ({ method }) => method === 'DELETE' && error(403, 'DENIED', 'not this one');
      await visitor.fill('Type team/web to confirm', 'team/web');
      await visitor.press('Remove');
      await visitor.sees(/DENIED/);
      assert.deepEqual(await tagsOf(own, 'team/web'), Object.keys(web).sort());
      gate.rule = undefined;
      await visitor.press('Try again the clean-up of team/web');
      await visitor.has('.tray .transfer-note.good');
      assert.equal(await digestAt(own, 'team/web', 'edge'), undefined);
      await visitor.isContent({ except: EXPECTED });
    });
  });
}
