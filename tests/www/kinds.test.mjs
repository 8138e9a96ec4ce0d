// What a registry may hold beside images of today: V1, artifacts, charts, content without a tag, text that is to deceive.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { artifact, blob, digestOf, image, layer } from '../../www/registry/content.mjs';
import { fill } from '../../www/registry/fill.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { startDistribution } from '../registries/servers.mjs';
import { fillV1, v1Samples } from '../registries/v1-images.mjs';
import { startV1 } from '../registries/v1-server.mjs';
import { content, json } from '../registries/scripted.mjs';
import { EXPECTED } from './support/actions.mjs';
import { settled } from './support/views.mjs';
import { eventually, visitScripted, visitSite } from './support/scripted.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const titled = (content, title) => {
  const one = blob('text/plain', content);
  return { ...one, descriptor: { ...one.descriptor, annotations: { 'org.opencontainers.image.title': title } } };
};
const files = artifact({
  artifactType: 'application/vnd.example.files',
  config: blob('application/vnd.example.config.v1+json', JSON.stringify({ colour: 'green' })),
  layers: [titled('hello\n', 'hello.txt')],
});
const deceiving = image([{ run: 'COPY \u202Egpj.exe /', layer: layer([{ path: 'x', content: 'x' }]) }], {
  config: { Labels: { note: '\u202Edesrever' } },
});
const MANY = 5_000;
const OCI = 'application/vnd.oci.image';
/** A manifest of an image with thousands of labels, variables, steps and layers, and an index with thousands of entries. */
function excessive() {
  const names = Array.from({ length: MANY }, (_, at) => `a${at}`);
  const pairs = Object.fromEntries(names.map((one) => [one, one]));
  const document = (mediaType, value) => ({ mediaType, bytes: Buffer.from(JSON.stringify(value)) });
  const config = document(`${OCI}.config.v1+json`, {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: names.map((one) => digestOf(one)) },
    config: { Labels: pairs, Env: names, ExposedPorts: pairs },
    history: names.map((one) => ({ created_by: one })),
  });
  const descriptor = ({ mediaType, bytes }) => ({ mediaType, size: bytes.length, digest: digestOf(bytes) });
  const layers = names.map((one) => ({ mediaType: `${OCI}.layer.v1.tar+gzip`, size: 20_000, digest: digestOf(one) }));
  const manifestOf = (some) =>
    document(`${OCI}.manifest.v1+json`, {
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: descriptor(config),
      layers: some,
      annotations: pairs,
    });
  const manifest = manifestOf(layers);
  const some = layers.slice(0, 300);
  const [forward, backward] = [manifestOf(some), manifestOf(some.toReversed())];
  const index = document(`${OCI}.index.v1+json`, {
    schemaVersion: 2,
    mediaType: `${OCI}.index.v1+json`,
    manifests: [
      { ...descriptor(manifest), platform: { os: 'linux', architecture: 'arm64' } },
      ...names.map((variant) => ({
        mediaType: manifest.mediaType,
        size: 1,
        digest: digestOf(variant),
        platform: { os: 'linux', architecture: 'arm', variant },
      })),
    ],
  });
  return {
    '/v2/_catalog': json({ repositories: ['odd'] }),
    '/v2/odd/tags/list': json({ name: 'odd', tags: ['image', 'index'] }),
    '/v2/odd/manifests/image': content(manifest),
    '/v2/odd/manifests/forward': content(forward),
    '/v2/odd/manifests/backward': content(backward),
    '/v2/odd/manifests/index': content(index),
    [`/v2/odd/manifests/${digestOf(manifest.bytes)}`]: content(manifest),
    [`/v2/odd/manifests/${digestOf(forward.bytes)}`]: content(forward),
    [`/v2/odd/manifests/${digestOf(backward.bytes)}`]: content(backward),
    [`/v2/odd/manifests/${digestOf(index.bytes)}`]: content(index),
    [`/v2/odd/blobs/${digestOf(config.bytes)}`]: content(config),
  };
}

const web = samples['team/web']['2.0.0'];
const arm64 = web.children[1];

for (const name of browserNames) {
  describe(`kinds of content in ${name}`, () => {
    let browser;
    let registry;
    let v1;
    before(async () => {
      [browser, registry, v1] = await Promise.all([openBrowser(name), startDistribution(), startV1()]);
      const { 'team/web': images, 'charts/web': charts } = samples;
      await fill(registry, {
        'team/web': images,
        'charts/web': charts,
        'art/files': { latest: files },
        'odd/text': { latest: deceiving },
      });
      await fillV1(v1);
    }, SLOW);
    after(() => Promise.all([browser?.close(), registry?.stop(), v1?.stop()]));

    const visit = (t, { url }, path) => visitSite(t, browser, url, path);
    async function saved(file, content) {
      await eventually(async () => (await readFile(join(browser.folder, file), 'utf8').catch(() => '')) === content);
    }

    test('V1: all that it has, and no claim that it is verified', SLOW, async (t) => {
      const visitor = await visit(t, v1, '#/repo/acme/tiny');
      await visitor.sees('Registry API v1', 'This registry speaks V1, which has no digests');
      await visitor.has('a[href$="/tag/latest"]');
      await visitor.page.click('a[href$="/tag/latest"]');
      const images = v1Samples['acme/tiny'].latest;
      await visitor.sees('V1 image', images.at(-1).id, 'The V1 protocol has no digests');
      assert.deepEqual(await visitor.texts('.tabs a'), [
        'Overview',
        'Layers',
        'Files',
        'History',
        'Dockerfile',
        'Config',
        'Packages',
        'Waste',
        'JSON',
      ]);
      await visitor.press('Layers');
      await visitor.sees('Downloads cannot be verified');
      await visitor.press('Download layer 0');
      await visitor.has('.layers .transfer-note', 'Saved, not verified');
      for (const [section, expected] of [
        ['History', 'steps, oldest first'],
        ['Dockerfile', 'Reconstructed from the history'],
        ['Config', 'Cmd'],
        ['JSON', images.at(-1).id],
      ]) {
        await visitor.press(section);
        await visitor.sees(expected);
      }
      assert.doesNotMatch(await visitor.text('body'), /is verified|Verified(?!\s+No)/);
      assert.equal(await visitor.page.$('[role=alert]'), null);
      await visitor.isContent({ except: /404/ });
    });

    test('content opens by its digest, from links and from the address', SLOW, async (t) => {
      const visitor = await visit(t, registry, `#/repo/team/web/digest/${arm64.digest}`);
      await visitor.sees('linux/arm64/v8', arm64.id, `team/web@${arm64.digest}`);
      await visitor.press('Layers');
      await visitor.has('.layers li');
      assert.match(await visitor.page.url(), /\/digest\/sha256:[0-9a-f]{64}\/layers$/);
      // From the index, an attestation that no tag points to.
      await visitor.go('#/repo/team/web/tag/2.0.0');
      const attestation = web.children.at(-1).digest;
      await visitor.has(`td a[href="#/repo/team/web/digest/${attestation}"]`);
      await visitor.page.click(`td a[href="#/repo/team/web/digest/${attestation}"]`);
      await visitor.has('.view h1', `team/web@${attestation}`);
      await visitor.sees('application/vnd.in-toto+json');
      await visitor.go('#/repo/team/web');
      await visitor.fill('Filter tags', arm64.digest);
      await visitor.press('Open this digest');
      await visitor.has('.view h1', `team/web@${arm64.digest}`);
      await visitor.go(`#/repo/team/web/digest/sha256:${'0'.repeat(64)}`);
      await visitor.sees('MANIFEST_UNKNOWN');
      await visitor.isContent({ except: /Failed to load resource|404/ });
    });

    test('an artifact: files under their own names, its config, and the right tool', SLOW, async (t) => {
      const visitor = await visit(t, registry, '#/repo/art/files/tag/latest/layers');
      await visitor.sees('oras pull');
      await visitor.press('Download blob 0');
      await visitor.has('.layers .good', 'Verified');
      await saved('hello.txt', 'hello\n');
      await visitor.press('Config');
      await visitor.has('.document .json-key', '"colour"');
      await visitor.go('#/repo/charts/web/tag/1.0.0');
      await visitor.sees(/helm pull oci:\/\/127\.0\.0\.1:\d+\/charts\/web --version 1\.0\.0/);
      await visitor.press('Config');
      await visitor.has('.document .json-string', '"application"');
      await visitor.isContent();
    });

    test('text that is to deceive is shown as it is', SLOW, async (t) => {
      const visitor = await visit(t, registry, '#/repo/odd/text/tag/latest/history');
      for (const [section, expected] of [
        ['History', 'COPY \\u202egpj.exe /'],
        ['Layers', 'COPY \\u202egpj.exe /'],
        ['Config', '\\u202edesrever'],
        ['JSON', '\\u202edesrever'],
      ]) {
        await visitor.press(section);
        await visitor.sees(expected);
        assert.doesNotMatch(await visitor.page.evaluate(() => document.documentElement.outerHTML), /[\u202a-\u202e]/);
      }
      await visitor.isContent();
    });

    test('thousands of layers, labels, steps and entries leave the page usable', SLOW, async (t) => {
      const [visitor] = await visitScripted(t, browser, excessive(), '#/repo/odd/tag/image');
      const shown = async (hash, ...expected) => {
        await visitor.go(hash);
        await visitor.sees(...expected);
        await visitor.until(settled);
        const [nodes, excess] = await visitor.page.evaluate(() => [
          document.querySelectorAll('*').length,
          document.documentElement.scrollWidth - window.innerWidth,
        ]);
        assert.ok(nodes < 10_000 && excess <= 0, `${hash}: ${nodes} elements, ${excess} px too wide`);
      };
      await shown('#/repo/odd/tag/image', 'Annotations', 'Show all 5,000 annotations');
      await shown('#/repo/odd/tag/image/config', 'Show all 5,000 labels', 'Show all 5,000 variables');
      await shown('#/repo/odd/tag/image/history', 'Show all 5,000 steps');
      await shown('#/repo/odd/tag/image/layers', 'Show all 5,000 layers');
      await shown('#/repo/odd/tag/index/references', 'Show all 5,001 entries');
      await shown('#/repo/odd/tag/index', 'Show all 5,001 entries', 'Show all 5,001 platforms');
      await shown('#/compare?a=odd:forward&b=odd:backward', 'They share no layer.', 'Show all 300 layers');
      // A link to one that is not shown yet.
      await visitor.go('#/repo/odd/tag/image/layers?layer=300');
      await visitor.until(() => document.activeElement.querySelector?.('.layer-number')?.textContent === '300');
      await visitor.isContent({ except: EXPECTED });
    });

    test('an index without the image for the usual platform opens all the same', SLOW, async (t) => {
      const script = {
        '/v2/_catalog': json({ repositories: ['part'] }),
        '/v2/part/tags/list': json({ name: 'part', tags: ['1'] }),
        '/v2/part/manifests/1': content(web),
        [`/v2/part/manifests/${web.digest}`]: content(web),
        [`/v2/part/manifests/${arm64.digest}`]: content(arm64),
        [`/v2/part/blobs/${arm64.id}`]: content(arm64.blobs[0]),
      };
      const [visitor] = await visitScripted(t, browser, script, '#/repo/part/tag/1');
      await visitor.press('linux/arm64/v8');
      await visitor.sees(arm64.id);
      await visitor.go('#/repo/part');
      await visitor.has('.cell-error', 'is an incomplete index');
      await visitor.isContent({ except: EXPECTED });
    });

    test('a Dockerfile that a builder takes', SLOW, async (t) => {
      const visitor = await visit(t, registry, '#/repo/team/web/tag/1.0.0/dockerfile');
      await visitor.sees(
        'EXPOSE 8080/tcp',
        'HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD ["/bin/cat","/srv/package.json"]',
      );
      await visitor.isContent();
    });
  });
}
