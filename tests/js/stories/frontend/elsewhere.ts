// Story 9: the registry is on another origin; the page tells the user why that does not work, and what would help.
import { DockerRegistryClient, isRegistryError } from 'docker-registry-client-wasm';

export async function story(registry: string) {
  const client = new DockerRegistryClient(registry, { retry: false });
  try {
    return await client.repository('team/web').tags();
  } catch (error) {
    if (!isRegistryError(error) || error.code !== 'CORS_OR_NETWORK') throw error;
    const { findings } = await client.diagnose();
    return findings.map(({ code, fix }) => [code, fix?.distribution ?? '']);
  }
}
