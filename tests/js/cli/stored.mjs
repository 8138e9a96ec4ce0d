// What a registry has of the sample images in team/web, by plain fetch.
import { samples } from '../../../www/registry/sample-images.mjs';

const web = samples['team/web'];
export const accept = [...new Set(Object.values(web).map(({ mediaType }) => mediaType))].join(', ');

/** What a tag points to, by the registry's bytes. */
export async function digestOf(url, repository, tag) {
  const response = await fetch(`${url}/v2/${repository}/manifests/${tag}`, { headers: { accept } });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) return undefined;
  const known = Object.values(web).flatMap((one) => [one, ...one.children]);
  return known.find((one) => bytes.equals(Buffer.from(one.bytes)))?.digest ?? `other bytes: ${bytes}`;
}
