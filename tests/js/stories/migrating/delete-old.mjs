// Deleted by digest in Python, which took the other tags of the image along.
import { DockerRegistryClient, isRegistryError } from 'docker-registry-client-wasm';

const repository = new DockerRegistryClient(process.argv[2]).repository('team/web');
const { digest } = await repository.manifest('1.1');
try {
  await repository.deleteManifest(digest);
} catch (error) {
  if (!isRegistryError(error) || error.code !== 'IN_USE') throw error;
  const { tags } = await repository.planDelete(digest);
  console.log('also tagged', tags.sort().join());
  await repository.untag('1.1');
}
