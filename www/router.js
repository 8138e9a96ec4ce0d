// Addresses of the page's views, in the location's hash:
//   #/                                            namespaces and repositories
//   #/namespace/<namespace>                       the repositories of one
//   #/repo/<name>                                 tags
//   #/repo/<name>/tag/<tag>[/<section>][?platform=linux/arm64]
// A repository's name contains slashes, and may have a component "tag". That one is written "%74ag", so that a plain "tag"
// is always the route's.

export const SECTIONS = ['overview', 'layers', 'history', 'dockerfile', 'config', 'raw'];

/** Parses a hash; unknown ones are the home view. */
export function parseRoute(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const parts = path.split('/').filter(Boolean);
  const [kind, ...rest] = parts;
  try {
    if (kind === 'namespace' && rest.length > 0) return { view: 'home', namespace: decode(rest) };
    if (kind === 'repo' && rest.length > 0) return repositoryRoute(rest, new URLSearchParams(query));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  return { view: 'home' };
}

function repositoryRoute(parts, query) {
  const at = parts.indexOf('tag');
  const name = decode(at < 0 ? parts : parts.slice(0, at));
  const [tag, section] = at < 0 ? [] : parts.slice(at + 1);
  if (!name) return { view: 'home' };
  if (tag === undefined) return { view: 'tags', name };
  return {
    view: 'tag',
    name,
    tag: decodeURIComponent(tag),
    section: SECTIONS.includes(section) ? section : 'overview',
    platform: query.get('platform') ?? undefined,
  };
}

export const homeHref = () => '#/';
export const namespaceHref = (namespace) => `#/namespace/${encode(namespace)}`;
export const repositoryHref = (name) => `#/repo/${encode(name)}`;
export function tagHref(name, tag, { section, platform } = {}) {
  const path = `${repositoryHref(name)}/tag/${encodePart(tag)}${section && section !== 'overview' ? `/${section}` : ''}`;
  return platform
    ? `${path}?platform=${encodeURIComponent(platform).replaceAll('%2F', '/').replaceAll('%3A', ':')}`
    : path;
}

const decode = (parts) => parts.map(decodeURIComponent).join('/');
const encode = (name) =>
  name
    .split('/')
    .map((part) => (part === 'tag' ? '%74ag' : encodePart(part)))
    .join('/');
const encodePart = (part) => encodeURIComponent(part).replaceAll('%3A', ':');
