// The catalog as its pages arrive: namespaces to choose from, repositories to filter and open.

import { h, icon, setText, template } from '../dom.js';
import { isWithoutCatalog } from '../errors.js';
import { count, namespaceOf, plural } from '../text/format.js';
import { homeHref, namespaceHref, repositoryHref } from '../router.js';
import { ListingView } from '../ui/listing-view.js';
import { emptyBox, errorBox } from '../ui/part.js';
import { VirtualList } from '../ui/virtual-list.js';

export function homeView({ session, route, signal }) {
  const { namespace } = route;
  const namespaces = new Namespaces(namespace, signal);
  const summary = h('p', { class: 'meta' });
  const retry = () => repositories.show(session.catalog({ again: true }));
  const refresh = h('button', { type: 'button', class: 'quiet', onclick: retry }, icon('refresh'), 'Refresh');

  const repositories = new ListingView({
    title: 'Repositories',
    rowRem: 2.75,
    row: repositoryRow,
    signal,
    accept: namespace === undefined ? undefined : (name) => namespaceOf(name) === namespace,
    filter: route.filter,
    empty: (wanted) => nothing(wanted, namespace),
    retry,
    failed: (error) => (isWithoutCatalog(error) ? withoutCatalog() : [errorBox(error, { retry }), openByName()]),
    onChange: ({ items, state, error }) => {
      const found = namespaces.update(items);
      refresh.disabled = state === 'loading';
      const isEmpty = state === 'failed' && items.length === 0;
      namespaces.element.hidden = isEmpty;
      repositories.element.classList.toggle('alone', isEmpty);
      summary.textContent = isEmpty
        ? isWithoutCatalog(error)
          ? 'This registry has no catalog'
          : 'The catalog could not be read'
        : `${plural(items.length, 'repository', 'repositories')} in ${plural(found, 'namespace')}${STATES[state] ?? ''}`;
    },
  });
  repositories.show(session.catalog());

  const element = h(
    'div',
    { class: 'view' },
    h(
      'header',
      { class: 'view-head' },
      h(
        'nav',
        { class: 'crumbs', 'aria-label': 'Breadcrumb' },
        namespace === undefined ? h('span', {}, 'Registry') : h('a', { href: homeHref() }, session.host),
      ),
      h('div', { class: 'title-line' }, h('h1', { tabindex: -1 }, namespace ?? session.host), refresh),
      summary,
    ),
    h('div', { class: 'columns' }, namespaces.element, repositories.element),
  );
  return { element, title: namespace ?? session.host };
}

const STATES = { loading: ', reading the catalog…', failed: ' so far; the catalog was not read to its end' };

const emptyRow = template(() =>
  h(
    'a',
    { class: 'row' },
    icon('box'),
    h('span', { class: 'row-name' }, h('span', { class: 'muted' }), h('strong', {})),
  ),
);

function repositoryRow(name) {
  const row = emptyRow();
  const [namespace, rest] = row.lastElementChild.children;
  const at = name.indexOf('/') + 1;
  row.setAttribute('href', repositoryHref(name));
  setText(namespace, name.slice(0, at));
  setText(rest, name.slice(at));
  return row;
}

/** The namespaces found so far, each with its number of repositories. Narrow screens collapse them. */
class Namespaces {
  #sizes = new Map();
  #counted = 0;
  #counting;
  #list;
  #current;

  constructor(current, signal) {
    this.#current = current;
    this.#list = new VirtualList({
      label: 'Namespaces',
      rowRem: 2.25,
      row: (namespace) => this.#row(namespace),
      signal,
    });
    const wide = matchMedia('(min-width: 60rem)');
    this.element = h(
      'details',
      { class: 'namespaces', open: wide.matches },
      h('summary', {}, h('h2', {}, 'Namespaces'), icon('chevron')),
      h('nav', { 'data-scroller': true, 'aria-label': 'Namespaces' }, this.#list.element),
    );
    wide.addEventListener(
      'change',
      () => {
        this.element.open = wide.matches;
      },
      { signal },
    );
    // A closed list has no visible rows.
    this.element.addEventListener('toggle', () => this.#list.refreshAll());
  }

  /** Adds new names of the catalog, and returns the number of namespaces. */
  update(names) {
    if (names !== this.#counting) [this.#counting, this.#counted, this.#sizes] = [names, 0, new Map()];
    for (; this.#counted < names.length; this.#counted += 1) {
      const namespace = namespaceOf(names[this.#counted]);
      this.#sizes.set(namespace, (this.#sizes.get(namespace) ?? 0) + 1);
    }
    this.#list.items = [undefined, ...this.#sizes.keys()];
    this.#list.refreshAll();
    return this.#sizes.size;
  }

  #row(namespace) {
    const size = namespace === undefined ? this.#counted : this.#sizes.get(namespace);
    return h(
      'a',
      {
        class: 'row',
        href: namespace === undefined ? homeHref() : namespaceHref(namespace),
        'aria-current': namespace === this.#current ? 'page' : undefined,
      },
      h('span', { class: 'row-name' }, namespace ?? 'All'),
      h('span', { class: 'visually-hidden' }, ', '),
      h('span', { class: 'tally' }, count(size)),
      h('span', { class: 'visually-hidden' }, size === 1 ? ' repository' : ' repositories'),
    );
  }
}

function nothing(wanted, namespace) {
  if (!wanted)
    return [
      emptyBox(namespace === undefined ? 'This registry lists no repositories' : 'No repositories in this namespace'),
      openByName(),
    ];
  return emptyBox(
    `No repository matches “${wanted}”`,
    h('a', { class: 'button', href: repositoryHref(wanted) }, `Open ${wanted}`),
  );
}

/** Docker Hub, GHCR and others: no failure, only no list. */
const withoutCatalog = () => [
  emptyBox(
    'This registry does not list its repositories',
    h('p', { class: 'muted' }, 'It has no catalog. Its repositories open by their names.'),
  ),
  openByName(),
];

/** For registries without a catalog, which still have repositories. */
function openByName() {
  const input = h('input', {
    id: 'open-name',
    required: true,
    spellcheck: 'false',
    autocapitalize: 'none',
    placeholder: 'library/alpine',
  });
  return h(
    'form',
    {
      class: 'open-name',
      onsubmit: (event) => {
        event.preventDefault();
        location.hash = repositoryHref(input.value.trim());
      },
    },
    h('label', { for: 'open-name' }, 'Open a repository by name'),
    h('div', { class: 'inline' }, input, h('button', { type: 'submit' }, 'Open')),
  );
}
