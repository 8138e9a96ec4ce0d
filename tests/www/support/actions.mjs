// What the tests of actions share: looking at the registry from outside of the page, and pressing what is in a menu.
import { setTimeout as sleep } from 'node:timers/promises';

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** The digest that a tag points to, or undefined. */
export async function digestAt({ url }, name, reference, headers = {}) {
  const response = await fetch(`${url}/v2/${name}/manifests/${reference}`, {
    method: 'HEAD',
    headers: { accept: ACCEPT, ...headers },
  });
  return response.ok ? response.headers.get('docker-content-digest') : undefined;
}

/** The tags of a repository, sorted. */
export async function tagsOf({ url }, name) {
  const response = await fetch(`${url}/v2/${name}/tags/list`);
  return response.ok ? ((await response.json()).tags ?? []).sort() : [];
}

/** Opens the menu of a tag's page, and chooses. */
export async function act(visitor, caption) {
  await visitor.has('.menu summary');
  await visitor.page.click('.menu summary');
  await visitor.press(caption);
  await visitor.has('dialog[open] .dialog-form');
}

/** A handler that answers a while later, so that a test can do something before. */
export const later = (handler, milliseconds) => async (request, response) => {
  await sleep(milliseconds);
  return handler(request, response);
};

/** Messages of browsers about requests whose failure is expected. */
export const EXPECTED = /Failed to load resource|40[0-9]|NetworkError|Cross-Origin|CORS/;
