// A V1 registry that is still there: who built on which image, and one tag less.
import { DockerRegistryClient } from 'docker-registry-client-wasm';

const client = new DockerRegistryClient(process.argv[2]);
const repository = client.repository('acme/tiny');
const image = await repository.image('latest');
console.log(await client.apiVersion(), image.id, (await image.ancestry()).length);
await repository.tag('keep', image);
await repository.untag('on-arm');
console.log((await repository.tags()).sort().join());
