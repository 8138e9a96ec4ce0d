// Archives of images between this package and skopeo, which know nothing of each other, and the sources that an archive comes from.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, before, after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { digestOf, image, index, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { tar } from '../../../www/registry/tar.mjs';
import { DockerRegistryClient, openArchive } from '../support/packed.mjs';
import { SOON, bytesOf, realRegistries, refused } from '../support/support.mjs';

const LONG = { timeout: 120_000 };
const run = promisify(execFile);
/** Bytes that cannot be compressed, more than are pushed in one piece. */
const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(6_000_000));

const base = layer([
  { path: 'etc', type: 'folder' },
  { path: 'etc/os-release', content: 'ID=sample\n' },
  { path: 'large', content: noise },
]);
const web = (architecture) =>
  image(
    [
      { run: 'COPY base /', layer: base },
      { run: 'COPY app /', layer: layer([{ path: 'app', content: `for ${architecture}` }]) },
    ],
    { platform: `linux/${architecture}`, docker: architecture === 'amd64' },
  );
const images = { 'team/web': { one: web('amd64'), oci: web('arm64'), all: index([web('amd64'), web('arm64')]) } };

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let client;
    let web;
    let place;
    let host;
    before(async () => {
      server = await start();
      await fill(server, images);
      place = await mkdtemp(join(tmpdir(), 'archives-'));
      client = new DockerRegistryClient(server.url);
      web = client.repository('team/web');
      ({ host } = new URL(server.url));
    }, LONG);
    after(() => Promise.all([server.stop(), rm(place, { recursive: true, force: true })]));

    const skopeo = async (...args) =>
      (await run('skopeo', ['--tmpdir', place, ...args], { maxBuffer: 1 << 26 })).stdout;
    const copy = (from, to, ...options) =>
      skopeo('copy', '--quiet', '--src-tls-verify=false', '--dest-tls-verify=false', ...options, from, to);
    const raw = (reference) => skopeo('inspect', '--raw', '--tls-verify=false', reference);
    const rawOf = async (tag) => raw(`docker://${host}/team/web:${tag}`);
    const digest = async (name, tag) => (await client.repository(name).headManifest(tag)).digest;
    const saved = async (name, stream) => {
      const file = join(place, name);
      await writeFile(file, stream);
      return file;
    };

    test('skopeo reads what save() writes, with the same digests', LONG, async () => {
      const one = await saved('one.tar', await (await web.image('one')).save());
      const all = await saved('all.tar', await web.save('all'));
      assert.equal(await raw(`oci-archive:${one}`), await rawOf('one'));
      // It finds names of OCI's media types only.
      const oci = await saved('oci.tar', await web.save('oci'));
      assert.equal(await raw(`oci-archive:${oci}:oci`), await rawOf('oci'));
      assert.equal(await raw(`oci-archive:${all}:all`), await rawOf('all'));
      await copy(`oci-archive:${one}`, `docker://${host}/by/skopeo:one`, '--preserve-digests');
      await copy(`oci-archive:${all}`, `docker://${host}/by/skopeo:all`, '--preserve-digests', '--all');
      for (const tag of ['one', 'all']) assert.equal(await digest('by/skopeo', tag), await digest('team/web', tag));
      // In docker's format, an image is its config.
      const { id } = await web.image('one');
      for (const from of [one, `${one}:${host}/team/web:one`, `${all}:${host}/team/web:all`]) {
        const { config, layers } = JSON.parse(await raw(`docker-archive:${from}`));
        assert.deepEqual([config.digest, layers.length], [id, 2]);
        await copy(`docker-archive:${from}`, `docker://${host}/by/skopeo:docker`);
        assert.equal((await client.repository('by/skopeo').image('docker')).id, id);
      }
    });

    test('archiveImages() lists what there is to load', LONG, async () => {
      const [one, all] = await Promise.all([web.manifest('one'), web.manifest('all')]);
      const names = ['one', 'all'].map((tag) => `${host}/team/web:${tag}`);
      const bytes = await bytesOf(await web.save(['one', 'all']));
      for (const source of [bytes, new Blob([gzipSync(bytes)]), new Blob([bytes]).stream()]) {
        const images = await client.archiveImages(source);
        assert.deepEqual(
          images.map((image) => [image.reference, image.digest, image.names, image.mediaType]),
          [
            [one.digest, one.digest, [names[0]], one.mediaType],
            [all.digest, all.digest, [names[1]], all.mediaType],
          ],
        );
        assert.deepEqual(
          images.map(({ platforms }) => platforms.map(({ architecture }) => architecture)),
          [['amd64'], ['amd64', 'arm64']],
        );
        const sum = images[0].blobs.reduce((total, { size }) => total + size, one.size);
        assert.deepEqual([images[0].size, images[0].blobs.length], [sum, 3]);
        await client.load(bytes, 'listed/web:one', { reference: images[0].reference });
        assert.equal(await digest('listed/web', 'one'), one.digest);
      }
      // Docker's format has no manifest; the one that load() makes is the one that is listed.
      const file = join(place, 'listed.tar');
      await copy(`docker://${host}/team/web:one`, `docker-archive:${file}:example.com/some/name:1`);
      const [docker, ...none] = await client.archiveImages(await openArchive(file));
      assert.deepEqual(
        [docker.reference, docker.names, none],
        ['example.com/some/name:1', ['example.com/some/name:1'], []],
      );
      assert.deepEqual(docker.platforms, [{ os: 'linux', architecture: 'amd64' }]);
      assert.equal((await client.load(await openArchive(file), 'listed/web:docker')).digest, docker.digest);
    });

    test('archiveImages() tells what cannot be loaded, and what is no archive', LONG, async () => {
      const { digest: missing } = images['team/web'].all.children[1];
      const bytes = await bytesOf(await web.save(['one', 'all']));
      const at = Buffer.from(bytes).indexOf(`blobs/sha256/${missing.slice(7)}`);
      const lacking = Buffer.from(bytes);
      lacking.write('x', at); // another path, whose header's sum is written again
      lacking.write(
        `${[...lacking.subarray(at, at + 512)]
          .reduce((sum, one, byte) => sum + (byte >= 148 && byte < 156 ? 32 : one), 0)
          .toString(8)
          .padStart(6, '0')}\0 `,
        at + 148,
        'latin1',
      );
      const [whole, broken] = await client.archiveImages(lacking);
      assert.equal(whole.error, undefined);
      assert.deepEqual([broken.error.code, broken.digest, broken.blobs], ['ARCHIVE_INVALID', undefined, undefined]);
      assert.match(broken.error.message, /linux\/arm64 of the index is missing/);
      assert.deepEqual(broken.error.details.available, ['linux/amd64']);
      await refused(() => client.archiveImages(new Uint8Array(1024)), 'ARCHIVE_INVALID');
      await refused(() => client.archiveImages(bytes.subarray(0, 3000)), 'ARCHIVE_INVALID');
      await refused(() => client.archiveImages(7), 'INVALID_ARGUMENT');
      await refused(() => client.archiveImages(bytes, { platform: 'linux/amd64' }), 'INVALID_ARGUMENT');
      const stopped = AbortSignal.abort(new Error('enough'));
      await assert.rejects(client.archiveImages(bytes, { signal: stopped }), /enough/);
    });

    test('load() takes what skopeo writes', LONG, async () => {
      const from = `docker://${host}/team/web`;
      const { id, layers } = await web.image('one');
      const to = (name) => join(place, `skopeo-${name}`);
      await copy(`${from}:one`, `docker-archive:${to('docker.tar')}:example.com/some/name:1`);
      await copy(`${from}:one`, `oci-archive:${to('oci.tar')}:one`);
      await copy(`${from}:all`, `oci-archive:${to('all.tar')}:all`, '--all');
      await copy(`${from}:all`, `oci:${to('layout')}:all`, '--all');
      await copy(`${from}:one`, `oci:${to('layout')}:other`);
      // Its own name, and a manifest that is made: the same config, layers that are not compressed.
      const docker = await client.load(await openArchive(to('docker.tar')));
      assert.deepEqual([docker.repository, docker.reference], ['some/name', '1']);
      assert.deepEqual(docker.names, ['example.com/some/name:1']);
      const made = await client.repository('some/name').image('1');
      assert.deepEqual([made.id, made.layers.length], [id, layers.length]);
      assert.ok(made.layers.every(({ mediaType }) => mediaType === 'application/vnd.oci.image.layer.v1.tar'));
      assert.equal(new TextDecoder().decode(await made.readFile('/app')), 'for amd64');
      // skopeo makes OCI manifests of docker's.
      const theirs = JSON.parse(await raw(`oci-archive:${to('oci.tar')}`));
      const oci = await client.load(await openArchive(to('oci.tar')), 'from/skopeo:one');
      assert.equal(oci.digest, digestOf(await raw(`oci-archive:${to('oci.tar')}`)));
      assert.equal((await client.repository('from/skopeo').image('one')).id, theirs.config.digest);
      await assert.rejects(openArchive(to('none.tar')), {
        code: 'INVALID_ARGUMENT',
        message: `path: ${JSON.stringify(to('none.tar'))} cannot be opened: ENOENT`,
      });
      const source = await openArchive(to('layout'));
      assert.ok(source instanceof Map);
      await refused(() => client.load(source, 'from/skopeo:all'), 'INVALID_ARGUMENT');
      for (const archive of [source, await openArchive(pathToFileURL(to('all.tar')))]) {
        const { digest: loaded } = await client.load(archive, 'from/skopeo:all', { reference: 'all' });
        assert.equal(loaded, digestOf(await raw(`oci-archive:${to('all.tar')}:all`)));
      }
      const arm = await client.load(source, 'from/skopeo:arm', { reference: 'all', platform: 'linux/arm64' });
      assert.equal((await client.repository('from/skopeo').image('arm')).platform.architecture, 'arm64');
      assert.equal(arm.mediaType, 'application/vnd.oci.image.manifest.v1+json');
    });

    test('every kind of source; a round trip has the same bytes', LONG, async () => {
      const names = ['example.com/web:1'];
      const bytes = Buffer.from(await bytesOf(await web.save('all', { names })));
      const file = await saved('round.tar', bytes);
      const sources = {
        bytes: () => bytes,
        buffer: () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
        blob: () => new Blob([bytes]),
        file: () => new File([bytes], 'round.tar'),
        path: () => openArchive(file),
        stream: () => new Blob([bytes]).stream(),
        'stream of Node': () => createReadStream(file),
        gzip: () => new Blob([gzipSync(bytes)]),
        'stream of gzip': () => new Blob([gzipSync(bytes)]).stream(),
        'a stream from save': () => web.save('all', { names }),
      };
      for (const [kind, source] of Object.entries(sources)) {
        const name = `round/${kind.replaceAll(' ', '-').toLowerCase()}`;
        const steps = [];
        const loaded = await client.load(await source(), `${name}:1`, { onProgress: (step) => steps.push(step) });
        assert.equal(loaded.digest, await digest('team/web', 'all'), kind);
        assert.deepEqual([loaded.repository, loaded.reference, loaded.manifests], [name, '1', 3], kind);
        assert.equal(loaded.blobs + loaded.mounted + loaded.existing, 5, kind);
        assert.ok(
          steps.some(({ stage, digest }) => stage !== 'copying' && digest === loaded.digest),
          kind,
        );
        const again = Buffer.from(await bytesOf(await client.repository(name).save('1', { names })));
        assert.ok(again.equals(bytes), kind);
      }
    });

    test('the files that a user chose, below the folder of their names', LONG, async () => {
      const folder = join(place, 'chosen');
      await mkdir(folder);
      await run('tar', ['-xf', await saved('chosen.tar', await web.save('all')), '-C', folder]);
      const files = [];
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const file = new File([await readFile(path)], entry.name);
        files.push(Object.defineProperty(file, 'webkitRelativePath', { value: `chosen${path.slice(folder.length)}` }));
      }
      const { digest: loaded } = await client.load(files, 'chosen/files:1');
      assert.equal(loaded, await digest('team/web', 'all'));
      await symlink('/etc/passwd', join(folder, 'blobs', 'sha256', 'link'));
      assert.ok(![...(await openArchive(folder)).keys()].some((path) => path.endsWith('link')));
      assert.equal((await client.load(await openArchive(folder), 'chosen/directory:1')).digest, loaded);
    });

    test('nothing is tagged before everything is verified', LONG, async () => {
      const bytes = Buffer.from(await bytesOf(await web.save('all')));
      const broken = Buffer.from(bytes);
      const { digest: first } = (await web.image('one')).layers[0];
      const at = bytes.indexOf(`blobs/${first.replace(':', '/')}`, bytes.indexOf('manifest.json') + 4096);
      broken[at + 512 + 5000] ^= 1;
      const cut = bytes.subarray(0, bytes.length - 3000);
      const text = (name, content) => tar([{ path: name, content }]);
      for (const [title, content, code, message] of [
        [
          'broken',
          broken,
          'ARCHIVE_INVALID',
          /^the member "blobs\/sha256\/\w+" at byte \d+ of the archive: .* hashes to /,
        ],
        ['cut', cut, 'ARCHIVE_INVALID', /cut off|lacks|ends within/],
        ['compressed and cut', gzipSync(bytes).subarray(0, 90_000), 'ARCHIVE_INVALID', /the gzip stream ends early/],
        ['a layer', text('etc/passwd', 'root'), 'ARCHIVE_INVALID', /may be a layer/],
        ['a page', Buffer.from('<html>'), 'ARCHIVE_INVALID', /HTML/],
        ['a zip', Buffer.from('PK\u0003\u0004zip'), 'ARCHIVE_INVALID', /zip/],
        ['nothing', Buffer.alloc(0), 'ARCHIVE_INVALID', /empty/],
        ['a name that leads outside', text('../index.json', '{}'), 'ARCHIVE_INVALID', /outside/],
      ]) {
        for (const source of [content, new Blob([content]), new Blob([content]).stream()]) {
          await refused(() => client.load(source, 'not/there:1'), { code, message }, title);
        }
      }
      await refused(() => client.repository('not/there').manifest('1'), { status: 404 });
      const failing = new ReadableStream({
        start: (controller) => controller.enqueue(bytes.subarray(0, 100_000)),
        pull: (controller) => controller.error(new Error('unplugged')),
      });
      const error = await client.load(failing, 'not/there:1').catch((reason) => reason);
      assert.deepEqual([error.code, error.cause.message], ['SOURCE', 'unplugged']);
      const file = join(place, 'changing.tar');
      await writeFile(file, bytes);
      const opened = await openArchive(file);
      await writeFile(file, bytes.subarray(5));
      assert.equal((await client.load(opened, 'not/there:1').catch((reason) => reason)).code, 'SOURCE');
    });

    test('conditions, abort, and arguments', LONG, async () => {
      const blob = new Blob([await bytesOf(await web.save('one'))]);
      await client.load(blob, 'with/conditions:1', { ifMatch: null });
      await client.load(blob, 'with/conditions:1', { noClobber: true });
      const other = new Blob([await bytesOf(await web.save('all'))]);
      await refused(() => client.load(other, 'with/conditions:1', { noClobber: true }), 'CONFLICT');
      await refused(() => client.load(other.stream(), 'with/conditions:1', { noClobber: true }), 'CONFLICT');
      assert.equal(await digest('with/conditions', '1'), await digest('team/web', 'one'));
      await client.load(other, 'with/conditions:1', { ifMatch: await digest('team/web', 'one') });
      const reason = new Error('stop');
      const controller = new AbortController();
      const first = new Uint8Array(await blob.slice(0, 600).arrayBuffer());
      const never = new ReadableStream({ start: (stream) => stream.enqueue(first) });
      const loading = client.load(never, 'with/abort:1', { signal: controller.signal });
      setTimeout(() => controller.abort(reason), 50);
      assert.equal(await loading.catch((thrown) => thrown), reason);
      for (const [source, options, message] of [
        ['web.tar', {}, /^source: a Uint8Array, Blob or ReadableStream is needed, not a string/],
        [[1, 2], {}, /^source: /],
        [undefined, {}, /^source: /],
        [blob, { platfrom: 'x' }, /platform/],
        [blob, { platform: 'x/y/z/a' }, /^options\.platform: /],
        [blob, { limits: { size: 0 } }, /^options\.limits\.size: /],
        [blob, { reference: 'other' }, /^options\.reference: the archive has no image "other"; available: /],
      ]) {
        await refused(() => client.load(source, 'with/arguments:1', options), { code: 'INVALID_ARGUMENT', message });
      }
      await refused(() => client.load(blob.stream()), { code: 'INVALID_ARGUMENT', message: /^target: a stream/ });
      await refused(() => web.save([]), { code: 'INVALID_ARGUMENT', message: /^tagsOrDigests: / });
      await refused(() => web.save(7), { code: 'INVALID_ARGUMENT', message: /^tagsOrDigests: / });
      await refused(() => web.save('one', { names: ['a'] }), {
        code: 'INVALID_ARGUMENT',
        message: /^options\.names: /,
      });
      await refused(() => openArchive(join(place, 'missing')), { code: 'INVALID_ARGUMENT', message: /ENOENT/ });
      await refused(() => openArchive(7), { code: 'INVALID_ARGUMENT', message: /^path: / });
    });

    test('a tag that moves during a load is seen, also one that pointed to the image before', LONG, async () => {
      const [one, all] = [await digest('team/web', 'one'), await digest('team/web', 'all')];
      const blob = new Blob([await bytesOf(await web.save('one'))]);
      for (const [options, outcome] of [
        [{}, one],
        [{ ifMatch: one }, all],
      ]) {
        await client.load(blob, 'while/loading:1');
        await client.load(new Blob([await bytesOf(await web.save('all'))]), 'while/loading:other');
        let hasMoved = false;
        const moving = new DockerRegistryClient(server.url, {
          async fetch(...request) {
            const { method, url } = new Request(...request);
            if (method === 'HEAD' && url.includes('/blobs/') && !hasMoved) {
              hasMoved = true;
              await client.copy('while/loading:other', 'while/loading:1');
            }
            return fetch(...request);
          },
        });
        const loading = moving.load(blob, 'while/loading:1', options);
        if (outcome === one) await loading;
        else await refused(() => loading, 'CONFLICT');
        assert.equal(hasMoved, true);
        assert.equal(await digest('while/loading', '1'), outcome);
      }
    });

    test('what is refused before it is read is not left open', SOON, async () => {
      const file = await saved('refused.tar', await web.save('one'));
      let cancelled = 0;
      const cancel = () => {
        cancelled += 1;
      };
      const endless = () => new ReadableStream({ pull: (controller) => controller.enqueue(noise), cancel });
      for (const open of [() => createReadStream(file), endless]) {
        const untouched = open();
        await refused(() => client.load(untouched, '::bad'), 'INVALID_REFERENCE');
        for await (const chunk of untouched) {
          assert.ok(chunk.length > 0, 'the caller can still read it');
          break;
        }
      }
      assert.equal(cancelled, 1, 'by the end of the loop');
      const [node, stream] = [createReadStream(file), endless()];
      for (const given of [node, stream]) {
        await client.load(given, 'a/b:1', { signal: AbortSignal.abort() }).catch(() => {});
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual([node.destroyed, cancelled], [true, 2]);
    });

    test('what is no file or folder, and links out of a layout', SOON, async () => {
      const outside = join(place, 'outside');
      const layout = join(place, 'linked');
      await run('mkfifo', [join(place, 'pipe')]);
      for (const path of [join(place, 'pipe'), '/dev/zero', '/dev/null']) {
        await refused(() => openArchive(path), { code: 'INVALID_ARGUMENT', message: /it is no file or directory/ });
      }
      await copy(`docker://${host}/team/web:one`, `oci:${outside}:one`);
      await mkdir(layout);
      for (const name of ['oci-layout', 'index.json']) {
        await writeFile(join(layout, name), await readFile(join(outside, name)));
      }
      await symlink(join(outside, 'blobs'), join(layout, 'blobs'));
      assert.deepEqual([...(await openArchive(layout)).keys()].sort(), ['index.json', 'oci-layout']);
      const opened = await openArchive(layout);
      await refused(() => client.load(opened, 'linked/out:1'), 'ARCHIVE_INVALID');
    });

    test('save() reads no faster than its reader, and can be cancelled', LONG, async () => {
      const told = [];
      const stream = await (await web.image('one')).save({ onProgress: (progress) => told.push(progress) });
      const bytes = await bytesOf(stream);
      assert.deepEqual(told.at(-1), { loaded: bytes.length, total: bytes.length });
      const reader = (await web.save('all')).getReader();
      await reader.read();
      await reader.cancel();
      const controller = new AbortController();
      const aborted = await web.save('all', { signal: controller.signal });
      const reason = new Error('enough');
      controller.abort(reason);
      assert.equal(await bytesOf(aborted).catch((thrown) => thrown), reason);
    });
  });
}
