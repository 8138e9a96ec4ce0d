// A repository's row: its name, and what was read of it.

import { h, setText, template } from '../../dom.js';
import { explain, isTemporary } from '../../errors.js';
import { repositoryHref } from '../../router.js';
import { ago, bytes, count, instant } from '../../text/format.js';
import { whyNot } from '../common.js';

const emptyRow = template(() =>
  h(
    'div',
    { class: 'row repository-row' },
    h('a', { class: 'row-link row-name' }, h('span', { class: 'muted' }), h('strong', {})),
    h('span', { class: 'cells' }),
  ),
);
const emptyCells = template(() =>
  h(
    'span',
    { class: 'cells' },
    h('span', { class: 'cell-kind' }),
    h('span', { class: 'cell-newest' }),
    h('span', { class: 'cell-tags' }),
    h('span', { class: 'cell-size' }),
    h('span', { class: 'cell-created' }),
  ),
);

export function repositoryRow(name, details) {
  const row = emptyRow();
  const [link] = row.children;
  const at = name.lastIndexOf('/') + 1;
  link.setAttribute('href', repositoryHref(name));
  setText(link.firstElementChild, name.slice(0, at));
  setText(link.lastElementChild, name.slice(at));
  updateRow(row, name, details);
  return row;
}

export function updateRow(row, name, details) {
  row.lastElementChild.replaceWith(details.wanted ? cellsOf(details.get(name), details.isSpent) : h('span', {}));
}

function cellsOf({ data, error } = {}, isSpent) {
  if (error && !isTemporary(error))
    return h('span', { class: 'cell-error', title: explain(error).message }, whyNot(error));
  const cells = emptyCells();
  const [kind, newest, tags, size, created] = cells.children;
  if (error) setText(size, 'waiting');
  else if (!data) setText(size, isSpent ? '–' : '…');
  else {
    const { newest: tag, data: found } = data;
    setText(tags, count(data.tags));
    setText(newest, tag ?? 'no tags');
    newest.title = tag ?? '';
    if (!found) return cells;
    setText(kind, kindOf(found));
    if (found.size > 0) setText(size, bytes(found.size));
    setText(created, ago(found.created));
    created.title = instant(found.created);
  }
  return cells;
}

/** What the highest tag is, in a word. */
function kindOf({ artifactType = '', mediaType, platforms }) {
  if (!artifactType && platforms.length > 0) return platforms.length > 1 ? 'multi-platform' : 'image';
  if (!artifactType && /index|list/.test(mediaType)) return 'index';
  if (artifactType.includes('helm')) return 'chart';
  return /sigstore|cosign|signature/.test(artifactType) ? 'signature' : 'artifact';
}
