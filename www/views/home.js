// The catalog as its pages arrive: a tree of namespaces to choose from, repositories to filter and open.

import { h } from '../dom.js';
import { isWithoutCatalog } from '../errors.js';
import { Details } from '../model/details.js';
import { isIn } from '../model/lists/namespaces.js';
import { remember, remembered, rowRem } from '../model/preferences.js';
import { REQUESTS_EACH, readRepository } from '../model/lists/repository-facts.js';
import { homeHref, namespaceHref, repositoryHref, withQuery } from '../router.js';
import { plural } from '../text/format.js';
import { byNumber, ordered } from '../text/names.js';
import { columnHeads } from '../ui/lists/column-heads.js';
import { checkbox, choice } from '../ui/controls.js';
import { ListingView } from '../ui/lists/listing-view.js';
import { emptyBox, errorBox } from '../ui/part.js';
import { readAllBar } from '../ui/lists/read-all.js';
import { BUDGET, isLocal, limitNotice, refreshing } from './common.js';
import { repositoryRow, updateRow } from './home/rows.js';
import { Tree } from './home/tree.js';

const ORDERS = { listed: 'As listed', name: 'Name', tags: 'Most tags', newest: 'Newest', size: 'Largest' };

export function homeView({ session, route, signal }) {
  const { namespace } = route;
  const tree = new Tree({ session, current: namespace, signal });
  const summary = h('p', { class: 'meta' });
  const show = (options) => repositories.show(session.catalog(options));
  const retry = () => show({ more: true });
  const refresh = refreshing(() => {
    details.renew();
    show({ again: true });
  });
  let order = Object.hasOwn(ORDERS, route.order ?? '') ? route.order : 'listed';
  const details = new Details({
    read: (name, ending) => readRepository(session.client.repository(name), ending),
    signal,
    wanted: remembered('repository-details', isLocal(session) ? 'on' : 'off') === 'on',
    changed: (name) => {
      if (name === undefined) repositories.rows.redraw();
      else repositories.rows.refresh(name);
      reading.update();
    },
    budget: BUDGET,
    spent: () => session.requests,
  });
  const numbers = {
    tags: (name) => details.get(name)?.data?.tags,
    newest: (name) => details.get(name)?.data?.data?.created?.getTime(),
    size: (name) => details.get(name)?.data?.data?.size,
  };
  const arrange = (names) => {
    const here = namespace === undefined ? names : names.filter((name) => isIn(name, namespace));
    return numbers[order] ? byNumber(here, numbers[order]) : ordered(here, order);
  };

  const orderBy = (chosen) => {
    order = chosen;
    heads.update(order);
    history.replaceState(history.state, '', withQuery(location.hash, 'order', chosen === 'listed' ? '' : chosen));
    repositories.rearrange();
    repositories.announceLater();
  };
  const heads = columnHeads(COLUMNS, (chosen) => {
    repositories.element.querySelector('#order').value = chosen;
    orderBy(chosen);
  });
  heads.update(order);

  const repositories = new ListingView({
    title: 'Repositories',
    rowRem: rowRem(),
    row: (name) => repositoryRow(name, details),
    update: (row, name) => updateRow(row, name, details),
    onRange: (names) => details.want(names),
    signal,
    arrange,
    filter: route.filter,
    tools: [
      choice({
        id: 'order',
        label: 'Order',
        values: ORDERS,
        value: order,
        onchange: orderBy,
      }),
      checkbox({
        id: 'details',
        label: 'Tags and sizes',
        title: 'Reads the tags of each visible repository, and the highest of them',
        checked: details.wanted,
        onchange: (wanted) => {
          details.wanted = wanted;
          remember('repository-details', wanted ? 'on' : 'off');
          repositories.element.classList.toggle('with-details', wanted);
          repositories.rows.refreshAll();
          reading.update();
        },
      }),
    ],
    columns: heads.element,
    empty: (wanted) => nothing(wanted, namespace),
    retry,
    failed: (error) => (isWithoutCatalog(error) ? withoutCatalog() : [errorBox(error, { retry }), openByName()]),
    onChange: (listing) => {
      const { items, state, error } = listing;
      const found = tree.update(items);
      refresh.update(listing);
      reading.update();
      const isEmpty = state === 'failed' && items.length === 0;
      tree.element.hidden = isEmpty;
      repositories.element.classList.toggle('alone', isEmpty);
      summary.textContent = isEmpty
        ? isWithoutCatalog(error)
          ? 'This registry has no catalog'
          : 'The catalog could not be read'
        : `${plural(items.length, 'repository', 'repositories')} in ${plural(found, 'namespace')}${STATES[state] ?? ''}`;
    },
  });
  const reading = readAllBar({
    details,
    items: () => repositories.shown,
    each: REQUESTS_EACH,
    onStep: () => numbers[order] && repositories.rearrange(),
    signal,
  });
  repositories.element.classList.add('repositories');
  repositories.element.classList.toggle('with-details', details.wanted);
  show();

  const element = h(
    'div',
    { class: 'view' },
    h(
      'header',
      { class: 'view-head' },
      h(
        'nav',
        { class: 'crumbs', 'aria-label': 'Breadcrumb' },
        namespace === undefined ? h('span', {}, 'Registry') : crumbsAbove(session, namespace),
      ),
      h('div', { class: 'title-line' }, h('h1', { tabindex: -1 }, namespace ?? session.host), refresh.element),
      h('div', { class: 'meta-line' }, summary, reading.element),
      limitNotice(session, signal),
    ),
    h('div', { class: 'columns' }, tree.element, repositories.element),
  );
  return { element, title: namespace ?? session.host, refresh: refresh.press };
}

const STATES = { loading: ', reading the catalog…', failed: ' so far; the catalog was not read to its end' };

/** The registry, and the namespaces above this one. */
function crumbsAbove(session, namespace) {
  const parts = namespace.split('/').slice(0, -1);
  return [
    h('a', { href: homeHref() }, session.host),
    parts.map((part, at) => [
      h('span', { 'aria-hidden': 'true' }, '/'),
      h('a', { href: namespaceHref(parts.slice(0, at + 1).join('/')) }, part),
    ]),
  ];
}

const COLUMNS = [
  ['Repository', 'row-name', 'name', 'listed'],
  ['Kind', 'cell-kind'],
  ['Highest tag', 'cell-newest'],
  ['Tags', 'cell-tags', 'tags'],
  ['Size', 'cell-size', 'size'],
  ['Created', 'cell-created', 'newest'],
];

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
