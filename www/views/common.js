// Helpers that several views share.

import { h } from '../dom.js';
import { namespaceOf } from '../text/format.js';
import { homeHref, namespaceHref, repositoryHref } from '../router.js';

/** Breadcrumb: registry / namespace / repository. */
export function crumbs(session, name, { below = false } = {}) {
  const namespace = namespaceOf(name);
  const separator = () => h('span', { 'aria-hidden': 'true' }, '/');
  return h(
    'nav',
    { class: 'crumbs', 'aria-label': 'Breadcrumb' },
    h('a', { href: homeHref() }, session.host),
    separator(),
    h('a', { href: namespaceHref(namespace) }, namespace),
    below ? [separator(), h('a', { href: repositoryHref(name) }, name.slice(name.indexOf('/') + 1))] : null,
  );
}

// Storage may be blocked; then nothing is remembered.
export function remembered(key, otherwise) {
  try {
    return localStorage.getItem(key) ?? otherwise;
  } catch {
    return otherwise;
  }
}
export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}

/** A description list of `[term, content]`; lines without content are left out. */
export function facts(lines) {
  const present = lines.filter(([, content]) => content !== undefined && content !== null && content !== '');
  return h(
    'dl',
    { class: 'facts' },
    present.map(([term, content]) => h('div', {}, h('dt', {}, term), h('dd', {}, content))),
  );
}

export const block = (title, ...content) => h('section', { class: 'block' }, h('h3', {}, title), content);

/** A table; narrow screens show each row as a card with the column names. */
export function table(caption, columns, rows) {
  return h(
    'div',
    { class: 'table-frame' },
    h(
      'table',
      { class: columns.length === 2 ? 'pairs' : undefined },
      h('caption', { class: 'visually-hidden' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((column) => h('th', { scope: 'col' }, column)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((cells) =>
          h(
            'tr',
            {},
            cells.map((cell, at) => h('td', { 'data-column': columns[at] }, cell)),
          ),
        ),
      ),
    ),
  );
}
