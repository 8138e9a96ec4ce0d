// Streams that nobody reads, or reads no further: they keep neither Node's process, nor a connection, nor memory.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { image, layer } from '../../../www/registry/content.mjs';
import { content, endless, hangsInBody, inTurn, send, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient, packedModule } from '../support/packed.mjs';
import { bytesOf } from '../support/support.mjs';

const LONG = { timeout: 120_000 };
const one = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1'.repeat(10_000) }]) }]);
const [{ bytes, descriptor }] = one.layers;
const BLOB = `/v2/a/b/blobs/${descriptor.digest}`;

let server;
before(async () => {
  server = await startScripted();
});
after(() => server.stop());
beforeEach(() => Object.assign(server, { requests: [], closedEarly: 0 }));

const script = (blob) => {
  server.script = {
    '/v2/a/b/manifests/x': content(one),
    [`/v2/a/b/blobs/${one.document.config.digest}`]: content(one.config),
    [BLOB]: blob,
  };
};

/** Runs this in a process of its own, which has to end by itself. */
async function ends(code, flags = []) {
  const source = `
    import { DockerRegistryClient } from ${JSON.stringify(packedModule)};
    const repository = new DockerRegistryClient(${JSON.stringify(server.url)}).repository('a/b');
    const digest = ${JSON.stringify(descriptor.digest)};
    ${code}`;
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
  });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  assert.deepEqual(await once(child, 'exit'), [0, null], 'it ended by itself');
  return said;
}

for (const [what, blob] of [
  ['that never comes to its end', hangsInBody(Buffer.alloc(5_000))],
  ['without an end', endless()],
]) {
  test(`a process ends though a stream is unread, of a body ${what}`, LONG, async () => {
    script(blob);
    const said = await ends(`
      globalThis.kept = [await repository.blob(digest)];
      console.log('open');`);
    assert.equal(said, 'open\n');
  });
}

test('a process ends though a stream was read in part only', LONG, async () => {
  script(endless());
  await ends(`
    globalThis.reader = (await repository.blob(digest)).getReader();
    await reader.read();`);
});

test('a stream that is read late gives everything', LONG, async () => {
  script(inTurn(hangsInBody(bytes), send(bytes)));
  const stream = await new DockerRegistryClient(server.url).repository('a/b').blob(descriptor.digest);
  while (server.closedEarly === 0) await sleep(50);
  assert.deepEqual(await bytesOf(stream), bytes);
  assert.equal(server.requests.filter(({ url }) => url === BLOB).length, 2);
});

test('streams that are given up are collected, and their requests stopped', LONG, async () => {
  script(endless());
  const said = await ends(
    `
    const open = async () => {
      const reader = (await repository.blob(digest)).getReader();
      await reader.read();
      return new WeakRef(reader);
    };
    const readers = [];
    for (let count = 0; count < 20; count += 1) readers.push(await open());
    for (let round = 0; round < 50 && readers.some((reader) => reader.deref()); round += 1) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.log(readers.filter((reader) => reader.deref()).length);`,
    ['--expose-gc'],
  );
  assert.ok(Number(said) <= 1, `${said} of 20 are left`);
});
