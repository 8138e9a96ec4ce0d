// The tags of a repository as their pages arrive, with details of the visible ones on request.

import { h } from '../dom.js';
import { Details } from '../model/details.js';
import { remember, remembered, rowRem } from '../model/preferences.js';
import { TagFacts } from '../model/lists/tag-facts.js';
import { digestHref } from '../router.js';
import { plural } from '../text/format.js';
import { matcher } from '../text/names.js';
import { columnHeads } from '../ui/lists/column-heads.js';
import { checkbox } from '../ui/controls.js';
import { copyWith } from '../ui/copy.js';
import { ListingView } from '../ui/lists/listing-view.js';
import { emptyBox, errorBox } from '../ui/part.js';
import { readAllBar } from '../ui/lists/read-all.js';
import { repositoryLinks } from './actions.js';
import { BUDGET, crumbs, isLocal, limitNotice, refreshing } from './common.js';
import { bulkBar } from './tags/bulk.js';
import { Filters } from './tags/filters.js';
import { TagRows } from './tags/row.js';
import { UntaggedRows } from './tags/untagged.js';

/** About how many requests a tag takes: its manifest and its config. */
const REQUESTS_EACH = 2;
const CHART_FROM = 3;

export function tagsView({ session, route, signal }) {
  const repository = session.client.repository(route.name);
  const selection = session.selection(repository.name);
  const facts = new TagFacts();
  let listed = [];
  const details = new Details({
    read: (tag, ending) => repository.data(tag, { signal: ending }),
    signal,
    wanted: remembered('details', isLocal(session) ? 'on' : 'off') === 'on',
    changed: onDetail,
    budget: BUDGET,
    spent: () => session.requests,
  });
  const rows = new TagRows({ name: repository.name, facts, details, selection });
  const toggle = checkbox({
    id: 'details',
    label: 'Sizes and dates',
    title: 'Reads the manifest of each visible tag',
    checked: details.wanted,
    onchange: (wanted) => {
      remember('details', wanted ? 'on' : 'off');
      want(wanted);
    },
  });
  // V1 has no digests.
  const untagged =
    session.version === 1
      ? undefined
      : new UntaggedRows({ session, repository, facts, tags: () => listed, changed: onUntagged, signal });
  const filters = new Filters({ route, facts, details, untagged: untagged?.dataOf, tools: toggle });
  const heads = columnHeads(COLUMNS, (order) => {
    filters.order = order;
  });
  heads.update(filters.order);
  function want(wanted) {
    details.wanted = wanted;
    toggle.firstElementChild.checked = wanted;
    tags.element.classList.toggle('with-details', wanted);
    tags.rows.refreshAll();
    reading.update();
  }
  const chooseRows = () => {
    rows.isByDigest = filters.isByDigest;
    rows.untagged = filters.isUntagged ? untagged : undefined;
    untagged?.show(filters.isUntagged);
  };
  chooseRows();
  const summary = h('p', { class: 'meta' });
  const chart = h('div', { class: 'chart-slot' });
  const side = h('div', { class: 'side', hidden: true });
  const show = (options) => tags.show(session.tags(repository, { signal, ...options }));
  const retry = () => show({ more: true });
  const refresh = refreshing(() => {
    details.renew();
    untagged?.renew();
    show({ again: true });
  });
  session.addEventListener('tags', ({ detail }) => detail === repository.name && refresh.press(), { signal });

  const tags = new ListingView({
    title: 'Tags',
    heading: () => (filters.isByDigest ? 'Digests' : 'Tags'),
    rowRem: rowRem(),
    row: (item) => rows.make(item),
    update: (row, item) => rows.update(row, item),
    onRange: (inSight) => details.want(inSight.flatMap((item) => rows.tagsOf(item).slice(0, 1))),
    onMove: (item, { extend, from }) => {
      if (extend) extendTo(item, from);
      if (peeking) peek(item);
    },
    signal,
    filter: route.filter,
    match: (wanted) => {
      const matches = matcher(wanted);
      if (filters.isUntagged) return (digest) => matches(digest) || matches(untagged.textOf(digest));
      return filters.isByDigest ? (digest) => matches(digest) || facts.tagsOf(digest).some(matches) : matches;
    },
    arrange: (items) => (filters.isUntagged ? untagged.arrange() : filters.arrange(items)),
    narrow: () => filters.narrow(),
    retry,
    bar: [filters.element, untagged?.element],
    columns: heads.element,
    empty: (wanted, isFiltered) =>
      filters.isUntagged
        ? emptyBox('No manifest without a tag was seen')
        : nothing(repository.name, wanted, isFiltered),
    variant: () => String(filters.isUntagged),
    failed: (error) => errorBox(error, { retry }),
    onChange: (listing) => {
      const { items, state } = listing;
      listed = items;
      facts.update(items);
      filters.update();
      refresh.update(listing);
      reading.update();
      if (state === 'complete') {
        selection.keep(items);
        wantDetails();
      }
      bulk.update();
      const isUnread = state === 'failed' && items.length === 0;
      summary.textContent = isUnread
        ? 'The tags could not be read'
        : `${plural(items.length, 'tag')}${STATES[state] ?? ''}`;
    },
  });
  const shownTags = () => (filters.isByDigest ? tags.shown.flatMap((item) => rows.tagsOf(item)) : tags.shown);
  const reading = readAllBar({
    details,
    // A filter or order that depends on what tags hold is right once all were read.
    items: () => (filters.needsDetails ? listed : tags.shown),
    each: REQUESTS_EACH,
    onStep: () => {
      if (!filters.needsDetails) return;
      tags.rearrange();
      untagged?.look();
    },
    signal,
  });
  const bulk = bulkBar({
    session,
    repository,
    selection,
    tags: () => listed,
    shown: shownTags,
    seen: (tag) => facts.digestOf(tag),
    signal,
  });

  function onDetail(tag) {
    reading.update();
    if (tag === undefined) return redraw();
    const { data } = details.get(tag) ?? {};
    if (data) {
      filters.learn(data);
      if (facts.learn(tag, data.digest)) redraw();
      drawChart();
    }
    if (!filters.isByDigest) return tags.rows.refresh(tag);
    if (!details.isReadingAll) tags.rearrange();
    return redraw();
  }

  /** More was read of what names manifests. */
  function onUntagged() {
    if (!filters.isUntagged) return;
    tags.rearrange();
    redraw();
  }

  let drawn;
  const redraw = () => {
    if (drawn !== undefined) return;
    drawn = requestAnimationFrame(() => {
      drawn = undefined;
      tags.rows.redraw();
    });
  };

  /** Who orders by date or filters by platform wants to know them. */
  function wantDetails() {
    if (!filters.needsDetails || details.isReadingAll) return;
    untagged?.look();
    if (!details.wanted) want(true);
    const unread = listed.filter((tag) => !details.get(tag)).length;
    if (unread > 0 && unread * REQUESTS_EACH <= BUDGET / 2) details.readAll(listed);
  }

  function extendTo(item, from) {
    if (filters.isUntagged) return;
    if (selection.size === 0 && from !== undefined) selection.toggle(rows.tagsOf(from)[0]);
    selection.extend(shownTags(), rows.tagsOf(item).at(-1));
  }

  let peeking;
  async function peek(item) {
    if (filters.isUntagged) return;
    peeking = item;
    const { peekPanel } = await import('./tags/peek.js');
    if (peeking !== item || signal.aborted) return;
    side.hidden = false;
    frame.classList.add('with-side');
    side.replaceChildren(
      peekPanel({ session, repository, tags: rows.tagsOf(item), facts, details, signal, close: endPeek }),
    );
  }
  function endPeek() {
    if (!peeking) return;
    const isInside = side.contains(document.activeElement);
    peeking = undefined;
    side.hidden = true;
    frame.classList.remove('with-side');
    if (isInside) tags.rows.element.querySelector('[tabindex="0"]')?.focus();
  }

  let drawing;
  function drawChart() {
    drawing ??= setTimeout(async () => {
      const points = listed.map((tag) => details.get(tag)?.data).filter((data) => data?.created && data.size > 0);
      drawing = undefined;
      if (points.length < CHART_FROM || signal.aborted) return;
      const { sizeChart } = await import('../ui/lists/chart.js');
      chart.replaceChildren(...[sizeChart(points)].filter(Boolean));
    }, 400);
  }
  signal.addEventListener('abort', () => clearTimeout(drawing), { once: true });

  const choices = {
    select: (item, event) => {
      if (filters.isUntagged) return;
      if (event.shiftKey) selection.extend(shownTags(), rows.tagsOf(item)[0]);
      else selection.toggle(...rows.tagsOf(item));
    },
    peek: (item) => (peeking === item ? endPeek() : peek(item)),
    copy: (item, event) =>
      copyWith(
        event.target.closest('button'),
        filters.isUntagged ? item : details.get(rows.tagsOf(item)[0]).data.digest,
        'digest',
      ),
  };
  tags.rows.element.addEventListener('click', (event) => {
    const name = event.target.closest('[data-do]')?.dataset.do;
    if (name) choices[name](tags.rows.itemOf(event.target), event);
  });
  tags.rows.element.addEventListener('keydown', (event) => {
    const item = tags.rows.itemOf(event.target);
    if (item === undefined || event.altKey) return;
    const name = { ' ': 'peek', 'x': 'select', 'Escape': 'escape' }[event.key];
    if ((event.ctrlKey || event.metaKey) && event.key === 'a') selection.add(shownTags());
    else if (event.ctrlKey || event.metaKey || !name || (event.key === ' ' && !event.target.matches('a'))) return;
    else if (name === 'escape') endPeek();
    else choices[name](item, event);
    event.preventDefault();
  });
  side.addEventListener('keydown', (event) => event.key === 'Escape' && endPeek());
  selection.addEventListener('change', redraw, { signal });
  filters.addEventListener('change', () => {
    endPeek();
    heads.update(filters.order);
    chooseRows();
    tags.rearrange();
    redraw();
    wantDetails();
    tags.announceLater();
  });

  tags.element.classList.add('tags');
  tags.element.classList.toggle('with-details', details.wanted);
  const frame = h('div', { class: 'frame' }, tags.element, side);
  show();

  const element = h(
    'div',
    { class: 'view' },
    h(
      'header',
      { class: 'view-head' },
      crumbs(session, repository.name),
      h(
        'div',
        { class: 'title-line' },
        h('h1', { tabindex: -1 }, repository.name),
        h('div', { class: 'title-actions' }, repositoryLinks(session, repository.name), refresh.element),
      ),
      h('div', { class: 'meta-line' }, summary, reading.element),
      limitNotice(session, signal),
    ),
    chart,
    h('div', { class: 'column' }, frame, bulk.element),
  );
  return { element, title: repository.name, refresh: refresh.press };
}

const STATES = { loading: ', reading…', failed: ' so far; the list was not read to its end' };

const COLUMNS = [
  ['Tag', 'row-name', 'version', 'name'],
  ['Digest', 'cell-digest'],
  ['Platforms', 'cell-platforms'],
  ['Size', 'cell-size', 'largest'],
  ['Created', 'cell-created', 'newest'],
];

/** A digest is no tag, but it may be what somebody pastes here. */
function nothing(name, wanted, isFiltered) {
  if (!wanted) {
    if (!isFiltered) return emptyBox('This repository has no tags');
    return emptyBox('No tag that was read matches these filters');
  }
  const link = /^[a-z0-9+._-]+:[0-9a-f]{32,}$/i.test(wanted)
    ? h('a', { class: 'button', href: digestHref(name, wanted.toLowerCase()) }, 'Open this digest')
    : null;
  return emptyBox(`No tag matches “${wanted}”`, link);
}
