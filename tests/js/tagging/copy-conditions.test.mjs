// The conditions of `copy`: nothing is overwritten but what was there when the caller looked.
import assert from 'node:assert/strict';

import { image, layer } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, forEachRegistry, refused } from '../support/support.mjs';

const small = (name) => image([{ run: `COPY ${name} /`, layer: layer([{ path: name, content: name }]) }]);

forEachRegistry({}, async (t, registry) => {
  await t.test('ifMatch of a copy', SOON, async () => {
    const client = new DockerRegistryClient(registry.url);
    const { push } = pusher(registry.url);
    const [one, two] = [small('one'), small('two')];
    await push('match/one', one, 'it');
    await push('match/two', two, 'it');
    const source = { repository: client.repository('match/one'), reference: 'it' };
    await refused(() => client.copy(source, 'match/two:it', { ifMatch: null }), 'CONFLICT');
    await refused(() => client.copy(source, 'match/two:it', { ifMatch: one.digest }), 'CONFLICT');
    await refused(() => client.copy(source, 'match/two:it', { ifMatch: undefined }), 'INVALID_ARGUMENT');
    await refused(() => client.copy(source, 'match/two:it', { ifMatch: 'x' }), 'INVALID_ARGUMENT');
    await refused(() => client.copy(source, 'match/two:it', { unknownKinds: 'all' }), 'INVALID_ARGUMENT');
    await client.copy(source, 'match/two:it', { ifMatch: two.digest });
    await client.copy(source, 'match/two:new', { ifMatch: null });
    for (const tag of ['it', 'new'])
      assert.equal((await client.repository('match/two').manifest(tag)).digest, one.digest);
    for (const condition of [{ ifMatch: two.digest }, { ifMatch: null }, { noClobber: true }]) {
      const again = await client.copy(source, 'match/two:it', condition);
      assert.deepEqual([again.manifests, again.blobs], [0, 0], 'it had happened before');
    }
    const other = { repository: client.repository('match/two'), reference: two.digest };
    await refused(() => client.copy(other, 'match/two:it', { noClobber: true }), 'CONFLICT');
    assert.equal((await client.repository('match/two').manifest('it')).digest, one.digest);
    await refused(() => client.copy(other, 'match/two:it', { noClobber: true, ifMatch: one.digest }), {
      code: 'INVALID_ARGUMENT',
      message: /^options\.noClobber: it cannot be combined with ifMatch/,
    });
    await refused(() => client.copy(other, `match/two@${two.digest}`, { noClobber: true }), 'INVALID_ARGUMENT');
    // The same conditions for what is pushed.
    const repository = client.repository('match/two');
    const { bytes } = await repository.manifest(two.digest);
    await refused(() => repository.pushManifest('it', bytes, { ifMatch: two.digest }), 'CONFLICT');
    await refused(() => repository.pushManifest(two.digest, bytes, { noClobber: true }), 'INVALID_ARGUMENT');
    await repository.pushManifest('it', bytes, { ifMatch: one.digest });
    await repository.pushManifest('it', bytes, { noClobber: true });
    const artifact = { artifactType: 'a/b', tag: 'it' };
    await refused(() => repository.pushArtifact({ ...artifact, noClobber: true }), {
      code: 'CONFLICT',
      message: /; the artifact is there as sha256:/,
    });
    await refused(() => repository.pushArtifact({ artifactType: 'a/b', ifMatch: null }), 'INVALID_ARGUMENT');
    const { digest } = await repository.pushArtifact({ ...artifact, ifMatch: two.digest });
    assert.equal((await repository.manifest('it')).digest, digest);
  });
});
