// Story 10: the user attaches an SBOM to an image by a file input.
import { open } from './registry';

export async function story(path: string, text: string) {
  const file = new File([text], 'sbom.spdx.json', { type: 'application/spdx+json' });
  const repository = open(path).repository('team/web');
  const { digest } = await repository.manifest('1.0.0');
  await repository.pushArtifact({
    artifactType: 'application/spdx+json',
    files: [{ title: file.name, data: file, mediaType: file.type }],
    subject: '1.0.0',
  });
  const [sbom] = await repository.referrers(digest);
  const { layers = [] } = await repository.manifest(sbom.digest);
  return new Response(await repository.blob(layers[0].digest)).text();
}
