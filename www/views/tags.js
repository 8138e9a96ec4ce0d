// The tags of a repository as their pages arrive, with details of the visible ones on request.

import { h, icon, setText, template } from '../dom.js';
import { explain, isTemporary } from '../errors.js';
import { ago, bytes, instant, platformName, plural } from '../text/format.js';
import { digestHref, tagHref, withQuery } from '../router.js';
import { ORDERS } from '../text/names.js';
import { ListingView } from '../ui/listing-view.js';
import { emptyBox, errorBox } from '../ui/part.js';
import { crumbs, remember, remembered } from './common.js';
import { Details } from '../model/details.js';

export function tagsView({ session, route, signal }) {
  const repository = session.client.repository(route.name);
  const details = new Details({
    repository,
    signal,
    wanted: remembered('details', isLocal(session) ? 'on' : 'off') === 'on',
    changed: (tag) => tags.rows.refresh(tag),
  });
  const toggle = h('input', {
    type: 'checkbox',
    id: 'details',
    checked: details.wanted,
    onchange: () => {
      details.wanted = toggle.checked;
      remember('details', toggle.checked ? 'on' : 'off');
      tags.element.classList.toggle('with-details', toggle.checked);
      tags.rows.refreshAll();
    },
  });
  const summary = h('p', { class: 'meta' });
  const retry = () => {
    details.forget();
    tags.show(session.tags(repository, { signal, again: true }));
  };
  const refresh = h('button', { type: 'button', class: 'quiet', onclick: retry }, icon('refresh'), 'Refresh');
  const order = Object.hasOwn(ORDERS, route.order ?? '') ? route.order : 'version';

  const tags = new ListingView({
    title: 'Tags',
    rowRem: 2.75,
    row: (tag) => tagRow(repository.name, tag, details.get(tag), details.wanted),
    onRange: (inSight) => details.want(inSight),
    signal,
    filter: route.filter,
    order,
    retry,
    tools: [
      orderChoice(order, (chosen) => {
        tags.order = chosen;
      }),
      h('label', { class: 'switch', title: 'Reads the manifest of each visible tag' }, toggle, 'Sizes and dates'),
    ],
    columns: h(
      'div',
      { class: 'row columns-head', 'aria-hidden': 'true' },
      h('span', { class: 'row-name' }, 'Tag'),
      h('span', { class: 'cell-platforms' }, 'Platforms'),
      h('span', { class: 'cell-size' }, 'Size'),
      h('span', { class: 'cell-created' }, 'Created'),
    ),
    empty: (wanted) => (wanted ? noMatch(repository.name, wanted) : emptyBox('This repository has no tags')),
    failed: (error) => errorBox(error, { retry }),
    onChange: ({ items, state }) => {
      refresh.disabled = state === 'loading';
      const isUnread = state === 'failed' && items.length === 0;
      summary.textContent = isUnread
        ? 'The tags could not be read'
        : `${plural(items.length, 'tag')}${STATES[state] ?? ''}`;
    },
  });
  tags.element.classList.add('tags');
  tags.element.classList.toggle('with-details', details.wanted);
  tags.show(session.tags(repository, { signal }));

  const element = h(
    'div',
    { class: 'view' },
    h(
      'header',
      { class: 'view-head' },
      crumbs(session, repository.name),
      h('div', { class: 'title-line' }, h('h1', { tabindex: -1 }, repository.name), refresh),
      summary,
      limitNotice(session, signal),
    ),
    tags.element,
  );
  return { element, title: repository.name };
}

const STATES = { loading: ', reading…', failed: ' so far; the list was not read to its end' };

/** Sizes and dates are on by default for a registry on this machine only; others may have a rate limit. */
const isLocal = ({ host }) => /^(localhost|127\.|\[::1\])/.test(host);

function orderChoice(order, choose) {
  const select = h(
    'select',
    {
      id: 'order',
      onchange: () => {
        const address = withQuery(location.hash, 'order', select.value === 'version' ? '' : select.value);
        history.replaceState(history.state, '', address);
        choose(select.value);
      },
    },
    Object.entries(ORDERS).map(([value, { caption }]) => h('option', { value, selected: value === order }, caption)),
  );
  return h('label', { class: 'switch' }, 'Order', select);
}

/** A digest is no tag, but it may be what somebody pastes here. */
function noMatch(name, wanted) {
  const link = /^[a-z0-9+._-]+:[0-9a-f]{32,}$/i.test(wanted)
    ? h('a', { class: 'button', href: digestHref(name, wanted.toLowerCase()) }, 'Open this digest')
    : null;
  return emptyBox(`No tag matches “${wanted}”`, link);
}

/** Without it, 20 seconds of empty cells have no explanation. */
function limitNotice(session, signal) {
  const notice = h('p', { class: 'limit', role: 'status' });
  const show = () => {
    notice.textContent = session.isLimited
      ? 'The registry limits the number of requests. Sizes and dates continue as soon as it allows more.'
      : '';
  };
  session.addEventListener('limit', show, { signal });
  show();
  return notice;
}

const emptyRow = template(() =>
  h('a', { class: 'row' }, icon('tag'), h('span', { class: 'row-name' }, h('strong', {}))),
);
const waitingCells = template(() =>
  h(
    'span',
    { class: 'cells' },
    h('span', { class: 'cell-platforms' }),
    h('span', { class: 'cell-size' }, '…'),
    h('span', { class: 'cell-created' }),
  ),
);

function tagRow(name, tag, detail, isWanted) {
  const row = emptyRow();
  row.setAttribute('href', tagHref(name, tag));
  setText(row.lastElementChild.firstElementChild, tag);
  if (isWanted) row.append(detail ? cellsOf(detail) : waitingCells());
  return row;
}

function cellsOf({ data, error }) {
  if (error && isTemporary(error)) {
    const cells = waitingCells();
    setText(cells.children[1], 'waiting');
    return cells;
  }
  if (error) return h('span', { class: 'cell-error', title: explain(error).message }, whyNot(error));
  return h(
    'span',
    { class: 'cells' },
    h('span', { class: 'cell-platforms' }, platforms(data)),
    h('span', { class: 'cell-size' }, data.size > 0 ? bytes(data.size) : ''),
    h('span', { class: 'cell-created', title: instant(data.created) }, ago(data.created)),
  );
}

const REASONS = {
  MANIFEST_UNKNOWN: 'has no manifest',
  NOT_FOUND: 'has no manifest',
  DIGEST_MISMATCH: 'does not match its digest',
  UNAUTHORIZED: 'needs a login',
  AUTH_REQUIRED: 'needs a login',
  DENIED: 'is not permitted',
};
const whyNot = ({ code }) => REASONS[code] ?? `cannot be read (${code})`;

function platforms({ platforms: all, artifactType }) {
  const names = [...new Set(all.map(platformName).filter(Boolean))];
  if (names.length === 0) return artifactType ? 'artifact' : '';
  return names.length === 1 ? names[0] : plural(names.length, 'platform');
}
