// Fills a registry with the sets of content.
import { image, layer } from './content.mjs';
import { eachOf, pusher } from './push.mjs';

const hasForeignLayer = ({ document, children }) =>
  document.layers?.some(({ urls }) => urls) || children.some(hasForeignLayer);

/** The part of a set that a registry takes. */
export function takenBy({ foreignLayers = true }, set) {
  const tagsTaken = (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([, content]) => foreignLayers || !hasForeignLayer(content)));
  return Object.fromEntries(
    Object.entries(set)
      .map(([repository, tags]) => [repository, tagsTaken(tags)])
      .filter(([, tags]) => Object.keys(tags).length > 0),
  );
}

/**
 * Pushes a set: repository → tag → content.
 * @param {{ url: string, foreignLayers?: boolean }} registry `foreignLayers: false`: it wants the bytes of every layer
 * @param {{ authorization?: string }} [options]
 */
export async function fill(registry, set, options) {
  const { push } = pusher(registry.url, options);
  await eachOf(Object.entries(takenBy(registry, set)), async ([repository, tags]) => {
    for (const [tag, content] of Object.entries(tags)) await push(repository, content, tag);
  });
}

const tiny = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1' }]) }]);

export const manyRepositories = Array.from({ length: 130 }, (_, number) => `many/r${String(number).padStart(3, '0')}`);
export const manyTags = Array.from({ length: 120 }, (_, number) => `v${number}`);

/** More repositories and more tags than a page holds. */
export async function fillListings({ url }) {
  const { push, tagAs } = pusher(url);
  await eachOf(manyRepositories, (repository) => push(repository, tiny, 'latest'));
  await push('many/tags', tiny, manyTags[0]);
  await eachOf(manyTags, (tag) => tagAs('many/tags', tiny, tag));
}

/** A repository whose last tag was deleted: distribution then answers `"tags": null`. */
export async function fillDeleted({ url }, repository = 'unusual/deleted') {
  const { push, remove } = pusher(url);
  await push(repository, tiny, 'latest');
  await remove(repository, tiny.digest);
}
