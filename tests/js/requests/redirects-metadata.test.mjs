// A registry in a private network that points at its cloud's metadata: no request goes there, in whatever spelling it is named.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { digestOf } from '../../../www/registry/content.mjs';
import { error, json, redirect, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient, transportFetch } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const HOSTS = [
  '169.254.169.254',
  '169.254.0.1',
  '[::ffff:169.254.169.254]',
  '[::a9fe:a9fe]',
  '[64:ff9b::a9fe:a9fe]',
  '[2002:a9fe:a9fe::1]',
  '[fe80::1]',
  '[FD00:EC2::254]',
  '100.100.100.200',
  'metadata.google.internal',
  'METADATA.Google.Internal.',
  '169.254.169.254.',
  '2852039166',
  '0xA9FEA9FE',
  '0251.0376.0251.0376',
  '169.254.43518',
  '%31%36%39.254.169.254',
];

let registry;
before(async () => {
  registry = await startScripted();
});
after(() => registry.stop());

/** A client whose every request is looked at before it is sent. */
function open() {
  const asked = new Set();
  const client = new DockerRegistryClient(registry.url, {
    retry: false,
    trustedRealms: ['169.254.169.254', 'metadata.google.internal'],
    fetch(url, init) {
      asked.add(new URL(url).origin);
      assert.equal(new URL(url).origin, registry.url, url);
      return transportFetch(url, init);
    },
  });
  return { repository: client.repository('a/b'), client, asked };
}

for (const host of HOSTS) {
  describe(host, () => {
    const url = `http://${host}/latest/meta-data/`;
    const calls = {
      'a redirect': [redirect(url), (repository) => repository.tags()],
      'a realm': [
        error(401, 'X', 'y', { 'www-authenticate': `Bearer realm="${url}"` }),
        (repository) => repository.tags(),
      ],
      'an upload location': [
        json({}, { status: 202, location: url }),
        (repository) => repository.pushBlob(Buffer.from('blob')),
      ],
      'a redirected push': [redirect(url, 308), (repository) => repository.pushBlob(Buffer.from('blob'))],
      'a redirected blob': [redirect(url), (repository) => repository.blob(digestOf('x'))],
    };
    for (const [what, [answer, call]] of Object.entries(calls)) {
      test(what, SOON, async () => {
        registry.script = (request, response) =>
          (request.url === '/v2/' ? json({}) : request.method === 'HEAD' ? error(404, 'BLOB_UNKNOWN') : answer)(
            request,
            response,
          );
        const { repository, asked } = open();
        const failure = await refused(() => call(repository), {}, what);
        assert.ok(
          ['UNTRUSTED_LOCATION', 'UNTRUSTED_REALM', 'INVALID_RESPONSE'].includes(failure.code),
          failure.message,
        );
        assert.deepEqual([...asked], [registry.url]);
      });
    }

    test('a Link', SOON, async () => {
      registry.script = { '/v2/a/b/tags/list': json({ tags: ['x'] }, { link: `<${url}>; rel="next"` }) };
      const { repository, asked } = open();
      await repository.tags().catch((failure) => assert.equal(failure.name, 'RegistryError'));
      assert.deepEqual([...asked], [registry.url]);
    });
  });
}
