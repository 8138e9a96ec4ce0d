// A plan: what goes, what stays, and why.

import { h, icon } from '../../dom.js';
import { ago, bytes, count, instant, plural } from '../../text/format.js';
import { digestHref, tagHref } from '../../router.js';
import { shortDigest } from '../../text/references.js';
import { VirtualList } from '../../ui/lists/virtual-list.js';
import { save } from '../../model/activities/transfers.js';

const VIEWS = [
  ['remove', 'Removed'],
  ['keep', 'Kept'],
  ['digests', 'Manifests'],
];

export function planView({ session, name, plan, signal }) {
  const goes = ({ action }) => action === 'remove';
  const removed = plan.tags.filter(goes);
  const kept = plan.tags.filter((tag) => !goes(tag));
  const digests = plan.digests.filter(goes);
  const lists = { remove: removed, keep: kept, digests };
  const rows = new VirtualList({
    label: 'Plan',
    rowRem: 3.5,
    row: (item) => planRow(name, item),
    signal,
  });
  const nothing = h('p', { class: 'muted plan-nothing' }, 'Nothing.');
  const buttons = VIEWS.map(([key, caption]) =>
    h(
      'button',
      { type: 'button', class: 'segment', onclick: () => choose(key) },
      caption,
      ' ',
      h('span', { class: 'tally' }, count(lists[key].length)),
    ),
  );
  const choose = (chosen) => {
    VIEWS.forEach(([key], at) => buttons[at].setAttribute('aria-pressed', String(key === chosen)));
    rows.items = lists[chosen];
    nothing.hidden = lists[chosen].length > 0;
  };
  choose(removed.length > 0 ? 'remove' : 'keep');

  return h(
    'section',
    { class: 'listing plan', 'aria-labelledby': 'plan-title' },
    h(
      'div',
      { class: 'plan-head' },
      h(
        'div',
        { class: 'title-line' },
        h('h2', { id: 'plan-title' }, 'The plan'),
        h(
          'button',
          { type: 'button', class: 'quiet', onclick: () => savePlan(session, plan) },
          icon('download'),
          'Save the plan',
        ),
      ),
      h(
        'dl',
        { class: 'tiles' },
        tile('Tags removed', count(removed.length)),
        tile('Manifests removed', count(digests.length)),
        tile('Freed', bytes(plan.freed)),
        tile('Tags kept', count(kept.length)),
      ),
      h(
        'p',
        { class: 'muted small' },
        `Made ${instant(plan.createdAt)}. Applying it reads ${plural(plan.tags.length, 'tag')} again, and skips what has changed. `,
        'The registry’s garbage collection frees the bytes.',
      ),
      h('div', { class: 'segments', role: 'group', 'aria-label': 'What to show' }, buttons),
    ),
    nothing,
    rows.element,
  );
}

const tile = (caption, value) => h('div', {}, h('dt', {}, caption), h('dd', {}, value));

function planRow(name, { tag, digest, action, reasons, size, created, tags = [] }) {
  const isTag = tag !== undefined;
  const isKept = action === 'keep';
  return h(
    'a',
    { class: 'row plan-row', href: isTag ? tagHref(name, tag) : digestHref(name, digest) },
    h('span', { class: `badge ${isKept ? 'kept' : 'removed'}` }, isKept ? 'keep' : 'remove'),
    h(
      'span',
      { class: 'row-name' },
      h('strong', {}, isTag ? tag : shortDigest(digest)),
      h('span', { class: 'plan-reasons', title: reasons.map(reason).join('; ') }, reasons.map(reason).join('; ')),
    ),
    h(
      'span',
      { class: 'plan-facts' },
      isTag
        ? [digest ? h('code', {}, shortDigest(digest)) : null, size > 0 ? h('span', {}, bytes(size)) : null]
        : tags.length > 0
          ? h('span', {}, tags.join(', '))
          : h('span', {}, 'no tag'),
      created ? h('span', { title: instant(created) }, ago(created)) : null,
    ),
  );
}

const REASONS = {
  'keep.newest': 'among the newest',
  'keep.newerThan': 'newer than the limit',
  'keep.tags': 'a protected name',
  'keep.semver.releases': 'a release',
  'keep.semver.highest': 'among the highest releases',
  'remove.tags': 'its name is selected',
  'remove.olderThan': 'older than the limit',
  'remove.prerelease': 'a pre-release',
};
const reason = (rule) => REASONS[rule] ?? rule;

function savePlan({ host }, plan) {
  const text = `${JSON.stringify(plan, undefined, 2)}\n`;
  const file = `cleanup ${host} ${plan.repository} ${plan.createdAt.toISOString().slice(0, 10)}`;
  save(new Blob([text], { type: 'application/json' }), `${file.replace(/[^a-z0-9.]+/gi, '-')}.json`);
}
