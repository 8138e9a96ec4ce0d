// Two images to be compared, and the text of a file in both.

import { openReference } from './opened.js';
import { readContent, textOf } from './file-content.js';
import { platformName } from '../../text/format.js';

/** Takes "team/web:1.0" or "team/web@sha256:…" apart; without either the tag is "latest". */
export function imageName(text) {
  const at = text.indexOf('@');
  const tagged = at < 0 ? text : text.slice(0, at);
  const colon = tagged.lastIndexOf(':');
  const hasTag = colon > tagged.lastIndexOf('/');
  const name = hasTag ? tagged.slice(0, colon) : tagged;
  if (at >= 0) return { name, digest: text.slice(at + 1) };
  return { name, tag: hasTag ? tagged.slice(colon + 1) : 'latest' };
}

/** Resolves to `{ sides, platforms, platform }`: both images for one platform. `wanted`: the platform that is asked for. */
export async function openBoth(client, texts, wanted, { signal }) {
  const opened = await Promise.all(
    texts.map(async (text) => {
      const reference = imageName(text);
      const repository = client.repository(reference.name);
      return { text, reference, repository, ...(await openReference(repository, reference, { signal })) };
    }),
  );
  const names = opened.map(({ data }) => data.platforms.map(platformName).filter(Boolean));
  const platforms = [...new Set(names[0])].filter((one) => names[1].includes(one));
  const isIndex = opened.some(({ manifest }) => manifest?.manifests);
  const usual = platforms.includes('linux/amd64') ? 'linux/amd64' : platforms[0];
  const platform = isIndex ? (platforms.includes(wanted) ? wanted : usual) : undefined;
  const sides = await Promise.all(
    opened.map(async (one) => ({
      ...one,
      image: await one.repository.image(one.data.digest ?? one.data.id, {
        signal,
        // One that is no index has the platform that it has.
        platform: one.manifest?.manifests ? platform : undefined,
      }),
    })),
  );
  return { sides, platforms: isIndex ? platforms : [], platform };
}

/** How many layers both have, from the base on. */
export function sharedLayers([one, other]) {
  const same = (layer, at) => (layer.digest ?? layer.id) === (other.layers[at]?.digest ?? other.layers[at]?.id);
  const end = one.layers.findIndex((layer, at) => !same(layer, at));
  return end < 0 ? one.layers.length : end;
}

/**
 * The text that each image has at a path: `[before, after]`; undefined where there is no file, null where it is no text, or too long.
 */
export async function bothTexts(images, change, options) {
  const entries = [change.before, change.after];
  return Promise.all(
    images.map((image, at) => {
      const isUnknown = change.change === 'written' && !entries[at];
      if (!entries[at] && !isUnknown) return undefined;
      // The shared layers were not read: who knows what is there.
      const entry = entries[at] ?? { path: change.path, kind: 'unknown', size: 0 };
      return textIn(image, entry, options);
    }),
  );
}

const LONGEST = 1_000_000;

async function textIn(image, entry, options) {
  if (entry.kind === 'symlink') return `→ ${entry.linkTarget}\n`;
  if (entry.size > LONGEST) return null;
  try {
    const { bytes } = await readContent(image, entry, { ...options, upTo: image.layers.length - 1 });
    return bytes.length > LONGEST ? null : (textOf(bytes, { isCut: false }) ?? null);
  } catch (error) {
    if (error.code === 'NOT_FOUND' || error.code === 'INVALID_ARGUMENT') return undefined;
    throw error;
  }
}
