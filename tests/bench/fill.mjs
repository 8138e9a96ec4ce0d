// Fills a real registry by plain fetch.
import { imageOf } from './content.mjs';

/** An image of one layer, as `latest`. */
export async function fill(registry, repository, blob) {
  const { config, configDigest, manifest, mediaType } = imageOf(blob);
  await upload(registry, repository, configDigest, [config]);
  await upload(registry, repository, blob.digest, blob.pieces());
  await put(`${registry}/v2/${repository}/manifests/latest`, manifest, { 'content-type': mediaType });
}

async function upload(registry, repository, digest, pieces) {
  const begun = await fetch(`${registry}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location'), registry);
  location.searchParams.set('digest', digest);
  await put(location, ReadableStream.from(pieces), { 'content-type': 'application/octet-stream' });
}

async function put(url, body, headers) {
  const response = await fetch(url, { method: 'PUT', body, headers, duplex: 'half' });
  if (response.status !== 201) throw new Error(`PUT ${url}: ${response.status} ${await response.text()}`);
}
