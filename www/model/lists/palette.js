// What a text in the palette may mean: a repository of the catalog or any other, a tag, a digest, a command.

import { digestHref, repositoryHref, tagHref } from '../../router.js';
import { matcher } from '../../text/names.js';

const MOST = 8;
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/i;

/**
 * Returns entries `{ kind, title, href }` or commands. `names`: of the catalog as far as it was read; `current`: the repository that is
 * shown; `tags`: its tags; `commands`: `{ title, hint?, href? | run? }`; `host`: the registry's.
 */
export function suggestions(typed, { names = [], current, tags = [], commands = [], host = '' }) {
  const text = withoutHost(typed.trim(), host);
  if (text === '') return commands;
  const found = [
    ...references(text, current),
    ...best(tags, text).map((tag) => tagEntry(current, tag)),
    ...best(names, text).map(repositoryEntry),
    ...(NAME.test(text) ? [repositoryEntry(text)] : []),
    ...(current !== undefined && TAG.test(text) ? [tagEntry(current, text)] : []),
    ...commands.filter(({ title }) => words(text).every((word) => title.toLowerCase().includes(word))),
  ];
  const keys = found.map(({ title, href }) => href ?? title);
  return found.filter((_, at) => keys.indexOf(keys[at]) === at);
}

const words = (text) => text.toLowerCase().split(/\s+/);
const withoutHost = (text, host) => (host && text.startsWith(`${host}/`) ? text.slice(host.length + 1) : text);

const repositoryEntry = (name) => ({ kind: 'repository', title: name, href: repositoryHref(name) });
const tagEntry = (name, tag) => ({ kind: 'tag', title: `${name}:${tag}`, href: tagHref(name, tag) });
const digestEntry = (name, digest) => ({
  kind: 'digest',
  title: `${name}@${digest}`,
  href: digestHref(name, digest.toLowerCase()),
});

/** What is written out: `name:tag`, `name@digest`, a digest of the repository that is shown. */
function references(text, current) {
  if (DIGEST.test(text)) return current === undefined ? [] : [digestEntry(current, text)];
  const [, name, digest] = /^([^@]+?)(?::[^@/:]+)?@(.+)$/.exec(text) ?? [];
  if (name && NAME.test(name) && DIGEST.test(digest)) return [digestEntry(name, digest)];
  const at = text.lastIndexOf(':');
  if (at < 0) return [];
  const [repository, tag] = [text.slice(0, at), text.slice(at + 1)];
  if (repository === '' && current !== undefined) return TAG.test(tag) ? [tagEntry(current, tag)] : [];
  return NAME.test(repository) && TAG.test(tag) ? [tagEntry(repository, tag)] : [];
}

/** The names that match: the same, then those that begin so, then the others. */
function best(names, text) {
  const matches = matcher(text);
  const ranked = [[], [], []];
  for (const name of names) {
    if (!matches(name)) continue;
    const rank = name === text ? 0 : name.startsWith(text) ? 1 : 2;
    if (ranked[rank].length < MOST) ranked[rank].push(name);
  }
  return ranked.flat().slice(0, MOST);
}
