// References of images as people read and write them: digests, tags, repositories.

/** "sha256:0123456789ab": enough to tell digests of one repository apart. V1's ids have no algorithm. */
export const shortDigest = (digest) => digest.replace(/^((?:\w+:)?[0-9a-f]{12})[0-9a-f]+$/, '$1');

/** What a tag may be (distribution-spec v1.1.1, "Pulling manifests"), as the `pattern` of an input has it. */
export const TAG = '[A-Za-z0-9_][A-Za-z0-9._\\-]{0,127}';
/** What a repository may be called. */
export const NAME = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*';

/** "team/web:1.0,latest" or "team/web@sha256:…" as `{ name, tags }` or `{ name, digest }`; without either: "latest". */
export function parseImages(text) {
  const [, name, digest] = /^(.+?)@(.+)$/.exec(text) ?? [];
  if (digest) return { name, digest };
  const colon = text.indexOf(':', text.lastIndexOf('/') + 1);
  if (colon < 0) return { name: text, tags: ['latest'] };
  return {
    name: text.slice(0, colon),
    tags: text
      .slice(colon + 1)
      .split(',')
      .filter(Boolean),
  };
}

/** The other way round. */
export const imagesText = ({ name, tags, digest }) => (digest ? `${name}@${digest}` : `${name}:${tags.join(',')}`);
