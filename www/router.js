// Addresses of the page's views, in the location's hash:
//   #/                                            namespaces and repositories
//   #/namespace/<namespace>                       the repositories of one
//   #/repo/<name>                                 tags
//   #/repo/<name>/tag/<tag>[/<section>][?platform=linux/arm64]
//   #/repo/<name>/digest/<digest>[/<section>][?platform=linux/arm64]
//   #/repo/<name>/digest/<digest>?kind=blob       a config or layer, which is no manifest
//   #/compare?a=<image>&b=<image>                 two images; likewise the other pages in PAGES
//   #/cleanup/<name>
// Lists take ?filter=<words or glob> and ?order=<order>, and tags what TAG_QUERY names, so that the way back leads to the same rows.
// A repository's name contains slashes, and may have a component "tag" or "digest". That one is written "%74ag" or "%64igest",
// so that a plain one is always the route's.

/** Pages with an address of their own: `#/<page>[/<repository>][?<query>]`. */
export const PAGES = ['cleanup', 'compare', 'copy', 'doctor', 'push'];

/** What the list of tags takes beside its filter and order: tags or digests, filters. */
export const TAG_QUERY = ['filter', 'order', 'by', 'only', 'platform', 'age', 'hide'];

export const SECTIONS = [
  'overview',
  'layers',
  'files',
  'history',
  'dockerfile',
  'config',
  'packages',
  'waste',
  'references',
  'raw',
];

/** Parses a hash; unknown ones are the home view. */
export function parseRoute(hash) {
  const [path, words = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const query = new URLSearchParams(words);
  const [kind, ...rest] = path.split('/').filter(Boolean);
  try {
    if (kind === 'namespace' && rest.length > 0) return home({ namespace: decode(rest) }, query);
    if (kind === 'repo' && rest.length > 0) return repositoryRoute(rest, query);
    if (PAGES.includes(kind)) return { view: kind, ...given({ name: decode(rest) }), query: asked(query) };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  return home({}, query);
}

const home = (route, query) => ({ view: 'home', ...route, ...of(query, ['filter', 'order']) });
const of = (query, names) => given(Object.fromEntries(names.map((name) => [name, query.get(name)])));

function repositoryRoute(parts, query) {
  const at = parts.findIndex((part) => part === 'tag' || part === 'digest');
  const name = decode(at < 0 ? parts : parts.slice(0, at));
  const [kind, reference, section] = at < 0 ? [] : parts.slice(at);
  if (!name) return home({}, query);
  if (reference === undefined) return { view: 'tags', name, ...of(query, TAG_QUERY) };
  return {
    view: 'tag',
    name,
    [kind]: decodeURIComponent(reference),
    section: SECTIONS.includes(section) ? section : 'overview',
    platform: query.get('platform') ?? undefined,
    query: asked(query),
  };
}

/** What is asked of a page or section; the platform is the route's own. */
const asked = (query) => Object.fromEntries([...query].filter(([name]) => name !== 'platform'));

/** The query parts that are there. */
const given = (parts) => Object.fromEntries(Object.entries(parts).filter(([, value]) => value));

/** The same address with another query part, or without it. */
export function withQuery(hash, name, value) {
  const [path, words = ''] = (hash || '#/').split('?', 2);
  const query = new URLSearchParams(words);
  if (value) query.set(name, value);
  else query.delete(name);
  return query.size > 0 ? `${path}?${query}` : path;
}

/** The same with several parts of the query. */
export const withQueries = (hash, parts) =>
  Object.entries(parts).reduce((address, [name, value]) => withQuery(address, name, value), hash);

export const homeHref = () => '#/';
export const namespaceHref = (namespace) => `#/namespace/${encode(namespace)}`;
export const repositoryHref = (name) => `#/repo/${encode(name)}`;
/** The address of one of PAGES; parts of the query without a value are left out. */
export function pageHref(page, name, query = {}) {
  const words = new URLSearchParams(given(query));
  const path = name ? `#/${page}/${encode(name)}` : `#/${page}`;
  return words.size > 0 ? `${path}?${words}` : path;
}
export const tagHref = (name, tag, options) => referenceHref(name, 'tag', tag, options);
export const digestHref = (name, digest, options) => referenceHref(name, 'digest', digest, options);
export const blobHref = (name, digest) => withQuery(digestHref(name, digest), 'kind', 'blob');

function referenceHref(name, kind, reference, { section, platform } = {}) {
  const end = section && section !== 'overview' ? `/${section}` : '';
  const path = `${repositoryHref(name)}/${kind}/${encodePart(reference)}${end}`;
  return platform
    ? `${path}?platform=${encodeURIComponent(platform).replaceAll('%2F', '/').replaceAll('%3A', ':')}`
    : path;
}

const KEYWORDS = { __proto__: null, tag: '%74ag', digest: '%64igest' };
const decode = (parts) => parts.map(decodeURIComponent).join('/');
const encode = (name) =>
  name
    .split('/')
    .map((part) => KEYWORDS[part] ?? encodePart(part))
    .join('/');
const encodePart = (part) => encodeURIComponent(part).replaceAll('%3A', ':');
