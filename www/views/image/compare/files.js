// The files that two images differ in, and the lines of one that differ.

import { announce, h, icon } from '../../../dom.js';
import { bothTexts } from '../../../model/contents/compared.js';
import { markOf } from '../../../model/contents/file-tree.js';
import { withQuery } from '../../../router.js';
import { bytes, count, plural } from '../../../text/format.js';
import { matcher } from '../../../text/names.js';
import { emptyBox } from '../../../ui/part.js';
import { readingPart } from '../../../ui/reading.js';
import { VirtualList } from '../../../ui/lists/virtual-list.js';
import { block } from '../../common.js';

const KINDS = { new: 'New', written: 'Written', changed: 'Changed', gone: 'Gone' };

export class CompareFiles {
  #context;
  #list;
  #found = h('p', { class: 'count' });
  #filter;
  #kind;
  #pane = h('div', { class: 'compare-file' });
  #shown;

  /** `changes`: what `diff()` gave. `note`: what is not known. `names`: of both images. */
  constructor(context) {
    this.#context = context;
    const { changes, note, signal } = context;
    this.#list = new VirtualList({ label: 'Changed files', rowRem: 1.75, row: (change) => this.#row(change), signal });
    this.#filter = h('input', {
      type: 'search',
      placeholder: 'Filter, or a glob: *.conf',
      'aria-label': 'Filter changed files',
      spellcheck: 'false',
      autocapitalize: 'none',
      autocomplete: 'off',
      oninput: () => this.#onFilter(),
    });
    const kinds = Object.entries(KINDS).filter(([mark]) => changes.some((one) => markOf(one) === mark));
    this.#kind = h(
      'select',
      { 'aria-label': 'Kind of change', onchange: () => this.#onFilter() },
      [['', 'All changes'], ...kinds].map(([value, caption]) => h('option', { value }, caption)),
    );
    const summary = kinds.map(([mark]) => `${count(changes.filter((one) => markOf(one) === mark).length)} ${mark}`);
    this.element = block(
      'Files',
      h(
        'p',
        { class: 'muted' },
        `${[plural(changes.length, 'difference'), summary.join(', ')].filter(Boolean).join(': ')}. Times are not compared.`,
      ),
      note ?? null,
      changes.length > 0
        ? [
            h(
              'div',
              { class: 'files-tools' },
              h('div', { class: 'search' }, icon('search'), this.#filter),
              this.#kind,
              this.#found,
            ),
            h('div', { class: 'file-rows', 'data-scroller': '' }, this.#list.element),
          ]
        : null,
      this.#pane,
    );
  }

  show({ query }) {
    this.#filter.value = query.find ?? '';
    this.#kind.value = query.kind ?? '';
    this.#update();
    if (query.file === this.#shown) return;
    this.#shown = query.file;
    this.#open(query.file);
  }

  #typing;
  #onFilter() {
    for (const [name, value] of [
      ['find', this.#filter.value.trim()],
      ['kind', this.#kind.value],
    ])
      history.replaceState(history.state, '', withQuery(location.hash, name, value));
    this.#update();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => announce(`Changed files: ${this.#found.textContent}`), 600);
  }

  #update() {
    const { changes } = this.#context;
    const matches = matcher(this.#filter.value);
    const kind = this.#kind.value;
    const found = changes.filter((one) => matches(one.path) && (!kind || markOf(one) === kind));
    this.#found.textContent =
      found.length === changes.length ? '' : `${count(found.length)} of ${count(changes.length)}`;
    this.#list.items = found;
    this.#list.refreshAll();
    // What is shown is part of each address.
    for (const row of this.#list.element.querySelectorAll('li'))
      row.firstElementChild.href = linkTo(found[Number(row.dataset.index)]?.path);
    requestAnimationFrame(() => this.#list.refreshAll());
  }

  #row(change) {
    const { path, before, after } = change;
    const mark = markOf(change);
    const sizes = [before, after].filter((entry) => entry?.kind === 'file').map((entry) => bytes(entry.size));
    const isDirectory = (after ?? before)?.kind === 'directory';
    return h(
      'a',
      { class: 'row file-row', href: linkTo(path) },
      icon(isDirectory ? 'folder' : 'file'),
      h('span', { class: 'row-name' }, path),
      h('span', { class: `mark mark-${mark}`, title: change.metadata?.join(', ') }, nameOf(change)),
      h('span', { class: 'file-sizes' }, [...new Set(sizes)].join(' → ')),
    );
  }

  #open(path) {
    this.#pane.replaceChildren();
    const change = path && this.#context.changes.find((one) => one.path === path);
    if (!path) return;
    if (!change) {
      this.#pane.append(emptyBox(`Both have the same ${path}, or neither has it`));
      return;
    }
    const { images, store, signal, names } = this.#context;
    const layers = images.flatMap((image, at) => {
      const entry = [change.before, change.after][at];
      return entry ? [image.layers[entry.layer]] : change.change === 'written' ? image.layers : [];
    });
    const title = h('h4', { tabindex: -1, class: 'file-path' }, path);
    this.#pane.append(
      h('div', { class: 'title-line' }, title, h('a', { class: 'button quiet', href: linkTo('') }, 'Close')),
      entryChanges(change),
      readingPart({
        what: 'Compares the text',
        cost: () => store.costOf(layers),
        work: async (options) => {
          const [texts, { structuredPatch }] = await Promise.all([
            bothTexts(images, change, options),
            import('../../../text/line-diff.js'),
          ]);
          return { texts, structuredPatch };
        },
        render: (found) => textDiff(found, names),
        signal,
      }),
    );
    // The list is long, and the lines are below it.
    requestAnimationFrame(() => {
      title.focus({ preventScroll: true });
      title.scrollIntoView({ block: 'nearest' });
    });
  }
}

/** The same page with another file. */
const linkTo = (path) => withQuery(location.hash, 'file', path);

const nameOf = ({ change }) => (change === 'metadata' ? change : markOf({ change }));

/** What of the metadata differs. */
function entryChanges({ metadata = [], before, after }) {
  if (metadata.length === 0 || !before || !after) return null;
  const value = (entry, name) =>
    name === 'mode' ? entry.mode.toString(8).padStart(4, '0') : String(entry[name] ?? '–');
  const shown = metadata.filter((name) => name !== 'xattrs' && name !== 'mtime');
  const lines = shown.map((name) => `${name} ${value(before, name)} → ${value(after, name)}`);
  if (metadata.includes('xattrs')) lines.push('extended attributes');
  return lines.length > 0 ? h('p', { class: 'small' }, `Metadata: ${lines.join(', ')}`) : null;
}

/** A diff of more differences takes long, and nobody reads it. */
const MOST_EDITS = 4_000;

function textDiff({ texts, structuredPatch }, names) {
  if (texts.includes(null))
    return h('p', { class: 'muted' }, 'It is no text, or too long to be compared line by line.');
  const [before = '', after = ''] = texts;
  const patch = structuredPatch(names[0], names[1], before, after, '', '', { context: 3, maxEditLength: MOST_EDITS });
  if (!patch) return h('p', { class: 'muted' }, 'The texts have too little in common to be compared line by line.');
  if (patch.hunks.length === 0) return h('p', { class: 'muted' }, 'The content is the same.');
  const lines = patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: all }) => [
    h('span', { class: 'diff-hunk' }, `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@\n`),
    ...all.map((line) => h('span', { class: LINES[line[0]] }, `${line}\n`)),
  ]);
  return h(
    'pre',
    { class: 'document diff', tabindex: 0, role: 'region', 'aria-label': 'Differences' },
    h('code', {}, lines),
  );
}

const LINES = { '+': 'diff-new', '-': 'diff-gone' };
