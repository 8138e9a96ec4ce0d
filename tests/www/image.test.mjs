// What the page tells of an image beside its files: waste, packages, references, documents, pull commands, and how two images differ.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { REGISTRY, startServer } from '../../pkg-template/cli/ui/server.js';
import { buildPage } from '../../www/build.mjs';
import { bytes } from '../../www/text/format.js';
import { proxyTo } from '../../www/server/proxy.mjs';
import { artifact, blob, image, layer } from '../../www/registry/content.mjs';
import { fill } from '../../www/registry/fill.mjs';
import { fileSamples, hostileNames, script } from '../../www/registry/sample-files.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { startDistribution, startFerro } from '../registries/servers.mjs';
import { fillV1 } from '../registries/v1-images.mjs';
import { startV1 } from '../registries/v1-server.mjs';
import { visitSite } from './support/scripted.mjs';
import { settled } from './support/views.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const { '1.0': first, 1.1: second } = fileSamples['office/notes'];
const web = samples['team/web']['2.0.0'];
const digest = ({ descriptor }) => descriptor.digest;

const hostile = image([
  {
    run: script,
    layer: layer([
      {
        path: 'etc/os-release',
        content: `PRETTY_NAME="${script.replaceAll('"', "'")}"\nHOME_URL=javascript:globalThis.pwned=true\n`,
      },
      {
        path: 'var/lib/dpkg/status',
        content: `Package: ${script}\nStatus: install ok installed\nVersion: \u202E1\n\n`,
      },
      ...hostileNames.map((name) => ({ path: `srv/${name}`, content: name })),
    ]),
  },
  { run: 'RUN rm', layer: layer(hostileNames.map((name) => ({ path: `srv/.wh.${name}` }))) },
]);
const json = (document) => blob('application/vnd.in-toto+json', JSON.stringify(document));
const hostileStatement = artifact({
  artifactType: 'application/vnd.in-toto+json',
  layers: [json({ ['__proto__']: script, predicateType: `https://slsa.dev/${script}`, list: Array(300).fill(script) })],
  subject: hostile.descriptor,
});

for (const name of browserNames) {
  describe(`an image in ${name}`, () => {
    let browser;
    let registry;
    let ferro;
    let v1;
    before(async () => {
      [browser, registry, ferro, v1] = await Promise.all([
        openBrowser(name),
        startDistribution(),
        startFerro(),
        startV1(),
      ]);
      const { 'team/web': images } = samples;
      await fill(registry, { ...fileSamples, 'team/web': images, 'charts/web': samples['charts/web'] });
      await fill(ferro, {
        ...fileSamples,
        'team/web': images,
        'odd/image': { latest: hostile, statement: hostileStatement },
      });
      await fillV1(v1);
    }, SLOW);
    after(() => Promise.all([browser?.close(), registry?.stop(), ferro?.stop(), v1?.stop()]));

    async function visit(t, path, { url } = registry, options = {}) {
      const visitor = await visitSite(t, browser, url, path, options);
      await visitor.has('.view h1');
      await visitor.until(settled);
      return visitor;
    }
    const cells = (visitor, caption) =>
      visitor.page.$$eval(
        'table',
        (tables, wanted) =>
          [...(tables.find((one) => one.caption.textContent === wanted)?.tBodies[0].rows ?? [])].map((row) =>
            [...row.cells].map((cell) => cell.textContent.trim()),
          ),
        caption,
      );

    test('an index tells the sizes of its images; unasked only on this machine', SLOW, async (t) => {
      const sizes = samples['team/web']['2.0.0'].children
        .slice(0, 3)
        .map(({ document: { config, layers } }) => bytes([config, ...layers].reduce((sum, { size }) => sum + size, 0)));
      const shown = (visitor) => visitor.texts('[data-column=Image]');
      const local = await visit(t, '#/repo/team/web/tag/2.0.0');
      await local.until(() => !/[–…]/.test(document.querySelector('[data-column=Image]').textContent));
      assert.deepEqual((await shown(local)).slice(0, 3), sizes);

      const server = await startServer({
        folders: { '/': await buildPage() },
        forward: proxyTo(new URL(registry.url), REGISTRY),
        name: 'registry.example.com',
      });
      t.after(server.stop);
      const visitor = await browser.visit(t, `${server.url}/#/repo/team/web/tag/2.0.0`);
      await visitor.named('Read the sizes (3 requests)', 'button');
      assert.deepEqual((await shown(visitor)).slice(0, 3), ['–', '–', '–']);
      await visitor.press('Read the sizes (3 requests)');
      await visitor.until(() => !/[–…]/.test(document.querySelector('[data-column=Image]').textContent));
      assert.deepEqual((await shown(visitor)).slice(0, 3), sizes);
      await visitor.isContent();
    });

    test('waste: by command and by path, with a base, and dive’s score', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/office/notes/tag/1.1/waste');
      await visitor.sees('Finds what is stored and hidden. Reads 6 layers, 10.8 MB.');
      await visitor.press('Read 6 layers, 10.8 MB');
      await visitor.sees('Score of dive', 'efficient', 'does not look into a deleted directory');
      const hidden = await cells(visitor, 'Hidden files');
      assert.deepEqual(hidden.slice(0, 2), [
        ['/var/cache/apt/pkgcache.bin', '640 kB', 'layer 1', 'deleted by layer 4'],
        ['/var/cache/apt/archives/curl_8.14.1_amd64.deb', '270 kB', 'layer 1', 'deleted by layer 4'],
      ]);
      assert.ok(hidden.some(([path, , , by]) => path === '/var/lib/dpkg/status' && by === 'replaced by layer 5'));
      assert.deepEqual((await cells(visitor, 'Waste by command'))[4].slice(1), ['–', '–', '910 kB']);
      await visitor.page.select('#waste-base', '5');
      await visitor.sees('Waste above the base image', 'With the base');
      // What the base itself hides is not this image's.
      assert.deepEqual(
        (await cells(visitor, 'Hidden files')).map(([path]) => path),
        ['/var/lib/dpkg/status'],
      );
      await visitor.page.select('#waste-base', '');
      await visitor.press('/var/cache/apt/pkgcache.bin');
      await visitor.has('.files-preview h3', '/var/cache/apt/pkgcache.bin');
      await visitor.isContent();
    });

    test('packages, with a filter', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/office/notes/tag/1.1/packages');
      await visitor.press('Read 6 layers, 10.8 MB');
      await visitor.sees('Debian GNU/Linux 13 (trixie)', '5 packages', '8.14.1-2+deb13u1');
      await visitor.fill('Filter packages', 'lib*');
      await visitor.has('.count', '1 of 5');
      assert.deepEqual(await cells(visitor, 'Installed packages'), [['libc6', '2.41-12', 'amd64', '', 'dpkg']]);
      await visitor.fill('Filter packages', 'nothing of this name');
      await visitor.sees('No package matches');
      // Another section of what was read reads nothing more.
      await visitor.press('Waste');
      await visitor.sees('Score of dive');
      await visitor.isContent();
    });

    test('references: a tree of signatures, SBOMs and provenance, readable', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/office/notes/tag/1.1/references', ferro);
      await visitor.sees('SBOM, SPDX', 'Signature', 'Attestation');
      const open = async (digestOf) => {
        await visitor.page.click(`details[data-digest="${digestOf}"] > summary`);
        await visitor.until(settled);
      };
      const [signature, bill, provenance] = fileSamples['office/notes'][second.digest.replace(':', '-')].children;
      await open(signature.digest);
      await visitor.has('.json-tree .json-string', 'cosign container image signature');
      await open(bill.digest);
      await visitor.has('.json-tree .json-string', 'SPDX-2.3');
      // The SBOM has a signature of its own.
      const [of] = fileSamples['office/notes'][bill.digest.replace(':', '-')].children;
      await visitor.has(`.tree .tree details[data-digest="${of.digest}"]`);
      await open(provenance.digest);
      await visitor.sees('https://slsa.dev/provenance/v1; 1 signature, not checked', 'buildDefinition');
      // The subject that the statement names is a link.
      await visitor.has(`.json-tree a[href="#/repo/office/notes/digest/${second.digest}"]`);
      await visitor.page.click(`.digest a[href="#/repo/office/notes/digest/${bill.digest}"]`);
      await visitor.has('.view h1', `office/notes@${bill.digest}`);
      await visitor.press('References');
      await visitor.has('h3', 'Subject');
      await visitor.has(`.tree a[href="#/repo/office/notes/digest/${second.digest}"]`);
      await visitor.isContent({ except: /404/ });
    });

    test('references of an index: entries with their attestations; tags of cosign on request', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web/tag/2.0.0/references');
      assert.deepEqual(
        await visitor.texts('.references > section:nth-child(2) > .tree > li > details > summary strong'),
        ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7'],
      );
      assert.equal((await visitor.texts('.tree .tree summary strong')).join(), 'Attestation,Attestation,Attestation');
      const [attestation] = web.children.slice(-3);
      await visitor.page.click(`details[data-digest="${attestation.digest}"] > summary`);
      await visitor.sees('https://slsa.dev/provenance/v0.2');
      await visitor.press('Look for signatures under tags (3 requests)');
      await visitor.sees('There are none.');
      await visitor.isContent({ except: /404/ });
    });

    test('every digest of manifest and config is a link, also to what is no manifest', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/office/notes/tag/1.0/raw');
      await visitor.has('.document a');
      const hrefs = await visitor.page.$$eval('.document a', (links) => links.map((link) => link.getAttribute('href')));
      const layers = first.layers.map(digest);
      // The digests of the archives lead to their layers.
      assert.deepEqual(
        hrefs,
        [first.id, ...layers, ...layers].map((one) => `#/repo/office/notes/digest/${one}?kind=blob`),
      );
      await visitor.page.click(`.document a[href*="${first.id}"]`);
      await visitor.has('h3', 'Blob');
      await visitor.has('.json-tree .json-key', 'rootfs');
      await visitor.go(`#/repo/office/notes/digest/${layers[0]}`);
      await visitor.sees('130 kB', 'A config or a layer');
      await visitor.press('Download blob');
      await visitor.has('.good', 'Verified');
      // Without the hint in the address, the page asks for a manifest first.
      await visitor.isContent({ except: /404|500/ });
    });

    test('pull commands of each tool, by tag or digest; the choice is remembered', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web/tag/2.0.0');
      const host = new URL(registry.url).host;
      const shown = () => visitor.text('.command');
      assert.equal(await shown(), `docker pull ${host}/team/web:2.0.0`);
      for (const [tool, expected] of [
        ['podman', `podman pull ${host}/team/web:2.0.0`],
        ['crane', `crane pull ${host}/team/web:2.0.0 web.tar`],
        ['skopeo', `skopeo copy --all docker://${host}/team/web:2.0.0 oci:web`],
      ]) {
        await visitor.page.select('select[aria-label="Pull with"]', tool);
        assert.equal(await shown(), expected);
      }
      await visitor.page.select('select[aria-label="Pull by"]', 'digest');
      assert.equal(await shown(), `skopeo copy --all docker://${host}/team/web@${web.digest} oci:web`);
      await visitor.go('#/repo/team/web/tag/1.1.0');
      await visitor.sees('skopeo copy --all docker://');
      await visitor.go('#/repo/charts/web/tag/1.0.0');
      await visitor.sees(`helm pull oci://${host}/charts/web@sha256:`);
      await visitor.page.select('select[aria-label="Pull with"]', 'oras');
      await visitor.sees(`oras pull ${host}/charts/web@sha256:`);
      await visitor.isContent();
    });

    test('from the history and the bar to a layer, and from there to its files', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web/tag/2.0.0/history');
      await visitor.press('Layer 3');
      await visitor.until(() => document.activeElement.matches('.layers li:nth-child(4)'));
      await visitor.page.click('.stacked-bar a:nth-child(2)');
      await visitor.until(() => document.activeElement.matches('.layers li:nth-child(2)'));
      await visitor.press('Files of layer 1');
      await visitor.has('.file-row .row-name', 'node');
      await visitor.isContent();
    });

    test('two images: layers, config, files, packages, and the lines that differ', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/office/notes/tag/1.0');
      await visitor.press('Compare with…');
      await visitor.press('1.1');
      await visitor.until(settled);
      await visitor.sees('5 shared from the base on, 10.8 MB.', '2026-04-20 10:00:00 UTC');
      assert.deepEqual((await cells(visitor, 'Differences of the config'))[0], [
        'config.Labels.version',
        '"1.0"',
        '"1.1"',
      ]);
      // Without the layers that both have, the page does not say what it does not know.
      assert.deepEqual(await visitor.texts('.file-row .mark'), ['gone', 'written', 'written', 'written']);
      await visitor.press('Read 5 layers, 10.8 MB');
      await visitor.has('.mark', 'new');
      assert.deepEqual(await visitor.texts('.file-row'), [
        '/srv/emptygone0 B',
        '/srv/new.txtnew4 B',
        '/srv/notes.mdchanged76 B → 89 B',
        '/var/lib/dpkg/statuschanged364 B → 451 B',
      ]);
      await visitor.page.click('a.file-row[href*="notes.md"]');
      await visitor.has('.diff');
      assert.deepEqual(await visitor.texts('.diff .diff-gone'), ['-The office opens at nine.']);
      assert.deepEqual(await visitor.texts('.diff .diff-new'), ['+The office opens at eight.', '+And a lamp.']);
      await visitor.fill('Filter changed files', '*.txt');
      await visitor.until(() => document.querySelectorAll('.file-row').length === 1);
      // Everything has been read by now.
      await visitor.until(() =>
        [...document.querySelectorAll('caption')].some((one) => one.textContent === 'Packages that differ'),
      );
      assert.deepEqual(await cells(visitor, 'Packages that differ'), [
        ['curl amd64', '8.14.1-2', '8.14.1-2+deb13u1', 'dpkg'],
        ['jq amd64', 'new', '1.7.1-6', 'dpkg'],
      ]);
      await visitor.isContent();
    });

    test('two indexes for one platform; a digest; the same image; one that is missing', SLOW, async (t) => {
      const visitor = await visit(t, '#/compare?a=team/web:1.1.0&b=team/web:2.0.0');
      await visitor.has('.platforms a[aria-current]', 'linux/amd64');
      await visitor.has('.file-row .row-name', '/srv/server.js');
      await visitor.press('linux/arm/v7');
      await visitor.has('.platforms a[aria-current]', 'linux/arm/v7');
      await visitor.has('.file-row .row-name', '/srv/server.js');
      await visitor.go(`#/compare?${new URLSearchParams({ a: `team/web@${web.digest}`, b: 'team/web:2.0.0' })}`);
      await visitor.sees('Both are the same image.');
      await visitor.go('#/compare?a=team/web:2.0.0&b=team/web:none');
      await visitor.sees('MANIFEST_UNKNOWN');
      await visitor.isContent({ except: /404/ });
    });

    test('hostile text in packages, commands, paths and statements stays text', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/odd/image/tag/latest/packages', ferro);
      await visitor.sees(script, '\\u202e1');
      assert.equal(await visitor.page.$('a[href^="javascript"]'), null);
      await visitor.press('Waste');
      await visitor.sees(script, '/srv/__proto__', '/srv/\\u202egpj.exe');
      await visitor.press('References');
      await visitor.until(settled);
      await visitor.page.click('.tree summary');
      await visitor.sees('__proto__', `https://slsa.dev/${script}`);
      await visitor.go('#/compare?a=%3Cimg%20src%3Dx%3E&b=__proto__:__proto__');
      await visitor.sees('INVALID_REFERENCE');
      assert.equal(await visitor.page.evaluate(() => globalThis.pwned), undefined);
      assert.equal(await visitor.page.evaluate(() => document.querySelectorAll('img, iframe, [onerror]').length), 0);
      await visitor.isContent({ except: /404/ });
    });

    test('V1 has waste and packages, and no references', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/acme/tiny/tag/latest/waste', v1);
      await visitor.sees('Score of dive');
      await visitor.press('Packages');
      await visitor.sees('No database of dpkg, apk or rpm has packages');
      assert.ok(!(await visitor.texts('.tabs a')).includes('References'));
      assert.doesNotMatch(await visitor.text('body'), /is verified|Verified(?!\s+No)/);
      await visitor.isContent({ except: /404/ });
    });
  });
}
