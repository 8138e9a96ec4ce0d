// The rows of files: a tree whose directories open and close, or a flat list. Up and down, Page Up and Down, Home and End move as in other
// lists; right and left open and close directories as in a tree.

import { h, icon } from '../../../dom.js';
import { visible } from '../../../model/contents/file-tree.js';
import { bytes } from '../../../text/format.js';
import { VirtualList } from '../../../ui/lists/virtual-list.js';

/** Deeper directories are indented no further. */
const DEEPEST = 14;

export class FileRows {
  #list;
  #items = [];
  #tree;
  #order;
  #marked;
  #hrefOf;
  #open;

  /** `hrefOf(node)`: the address of a file. `open(node)`: somebody chose a directory among what a search found. */
  constructor({ hrefOf, open, signal }) {
    this.#hrefOf = hrefOf;
    this.#open = open;
    const isCoarse = matchMedia('(pointer: coarse)').matches;
    this.#list = new VirtualList({
      label: 'Files',
      rowRem: isCoarse ? 2.75 : 1.75,
      row: (node) => this.#row(node),
      signal,
    });
    this.#list.element.addEventListener('keydown', (event) => this.#onKey(event));
    this.element = h('div', { class: 'file-rows', 'data-scroller': '' }, this.#list.element);
  }

  get isShown() {
    return this.element.getClientRects().length > 0;
  }

  showTree(root, order) {
    [this.#tree, this.#order] = [root, order];
    this.#put(visible(root, order));
  }

  showFound(nodes) {
    this.#tree = undefined;
    this.#put(nodes);
  }

  #put(nodes) {
    this.#items = nodes;
    this.#list.items = nodes;
    this.#list.refreshAll();
    this.#sync();
    // A list that is put into the document later renders then.
    if (!this.element.isConnected) requestAnimationFrame(() => this.#list.refreshAll());
  }

  /** Rows that stay get the address, state and mark of now. */
  #sync() {
    for (const row of this.element.querySelectorAll('li')) {
      const node = this.#items[Number(row.dataset.index)];
      if (node) this.#describe(row.firstElementChild, node);
    }
  }

  #describe(row, node) {
    const set = (name, value) => (value === undefined ? row.removeAttribute(name) : row.setAttribute(name, value));
    if (node.isDirectory) set('aria-expanded', this.#tree && String(node.isOpen));
    else set('href', this.#hrefOf(node));
    set('aria-current', node === this.#marked ? 'true' : undefined);
    return row;
  }

  focus(node) {
    const index = this.#items.indexOf(node);
    if (index >= 0 && this.isShown) this.#list.focus(index);
  }

  /** Shows which file is open. */
  mark(node) {
    this.#marked = node;
    this.#sync();
  }

  #row(node) {
    const content = contentOf(node, this.#tree === undefined);
    const onclick = () => (this.#tree ? this.#toggle(node) : this.#open(node));
    const row = node.isDirectory
      ? h('button', { type: 'button', class: 'row file-row', onclick }, content)
      : h('a', { class: 'row file-row' }, content);
    return this.#describe(row, node);
  }

  #toggle(node, isOpen = !node.isOpen) {
    node.isOpen = isOpen;
    this.#items = visible(this.#tree, this.#order);
    this.#list.items = this.#items;
    this.#sync();
  }

  #onKey(event) {
    if (!this.#tree || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
    const index = Number(event.target.closest('li')?.dataset.index);
    const node = this.#items[index];
    if (!node) return;
    event.preventDefault();
    if (event.key === 'ArrowRight') {
      if (node.isDirectory && !node.isOpen) this.#toggle(node, true);
      else if (node.isOpen && this.#items[index + 1]?.parent === node) this.#list.focus(index + 1);
    } else if (node.isDirectory && node.isOpen) this.#toggle(node, false);
    else this.focus(node.parent);
  }
}

const ICONS = { symlink: 'link', hardlink: 'link' };

function contentOf(node, isFlat) {
  const { entry, mark, isDirectory } = node;
  // A whiteout tells nothing of what it hides.
  const isKnown = entry !== undefined && entry.kind !== 'whiteout';
  const size =
    isDirectory || entry?.kind === 'file' ? node.weight : entry?.kind === 'hardlink' ? entry.size : undefined;
  return [
    h('span', { class: 'file-indent', style: { '--depth': isFlat ? 0 : Math.min(node.depth, DEEPEST) } }),
    icon(isDirectory ? 'folder' : (ICONS[entry?.kind] ?? 'file')),
    h(
      'span',
      { class: 'row-name' },
      isFlat ? node.path : node.name,
      entry?.linkTarget ? h('span', { class: 'muted' }, ` → ${entry.linkTarget}`) : null,
    ),
    mark ? h('span', { class: `mark mark-${mark}` }, mark) : null,
    h('span', { class: 'file-mode' }, isKnown ? modeOf(entry) : ''),
    h('span', { class: 'file-owner' }, isKnown ? `${entry.uid}:${entry.gid}` : ''),
    h('span', { class: 'file-size' }, size === undefined ? '' : bytes(size)),
  ];
}

const TYPES = {
  directory: 'd',
  symlink: 'l',
  'character-device': 'c',
  'block-device': 'b',
  fifo: 'p',
};

/** "drwxr-xr-x", as `ls -l` writes it. */
export function modeOf({ kind, mode }) {
  const bits = [6, 3, 0].map((shift) => {
    const part = (mode >> shift) & 7;
    return `${part & 4 ? 'r' : '-'}${part & 2 ? 'w' : '-'}${part & 1 ? 'x' : '-'}`;
  });
  const special = [
    [0o4000, 0, 's'],
    [0o2000, 1, 's'],
    [0o1000, 2, 't'],
  ];
  for (const [bit, at, letter] of special) {
    if (mode & bit) bits[at] = bits[at].slice(0, 2) + (bits[at][2] === 'x' ? letter : letter.toUpperCase());
  }
  return `${TYPES[kind] ?? '-'}${bits.join('')}`;
}
