// A virtual list: only its visible rows are in the document. It scrolls with its container, the page or a
// `[data-scroller]`. One row can be tabbed to; arrow keys, Page Up and Down, Home and End move the focus.

import { h } from '../../dom.js';

// Rows are added and removed in blocks, at most once a frame: most frames of a scroll then change nothing in the document.
const ROWS_AROUND = 10;
const BLOCK = 5;
// Browsers cannot lay out taller elements (Firefox: 17.8 million px).
const TALLEST = 15_000_000;

export class VirtualList {
  #rows = new Map();
  #active = 0;
  #rowHeight;
  #row;
  #update;
  #onRange;
  #onMove;
  #items = [];

  /**
   * `row(item, index)`: one row: a link, or an element with one. `update(row, item)`: brings it up to date; without it, its content
   * is built anew. `rowRem`: every row's height in rem. `onRange(items)`: called with the items in sight when they change.
   * `onMove(item, { extend, from })`: called when a key moved the focus from an item; `extend`: with Shift. `signal` ends the list's listening.
   */
  constructor({ label, rowRem, row, update, onRange, onMove, signal }) {
    this.#rowHeight = Math.round(rowRem * parseFloat(getComputedStyle(document.documentElement).fontSize));
    this.#row = row;
    this.#update = update ?? ((element, item, index) => element.replaceChildren(...row(item, index).childNodes));
    this.#onMove = onMove;
    this.#onRange = onRange;
    this.element = h('ul', {
      class: 'rows',
      role: 'list',
      'aria-label': label,
      style: { '--row': `${this.#rowHeight}px` },
    });
    this.element.addEventListener('keydown', (event) => this.#onKey(event));
    this.element.addEventListener('focusin', (event) =>
      this.#activate(Number(event.target.closest('li')?.dataset.index)),
    );
    // Scrolling does not bubble, but it can be captured.
    document.addEventListener('scroll', (event) => this.#onScroll(event.target), {
      capture: true,
      passive: true,
      signal,
    });
    const observer = new ResizeObserver(() => this.#render());
    observer.observe(document.documentElement);
    signal?.addEventListener('abort', () => observer.disconnect(), { once: true });
  }

  /** How many items the browser can show; more need a filter. */
  get capacity() {
    return Math.floor(TALLEST / this.#rowHeight);
  }

  set items(items) {
    const before = this.#items;
    this.#items = items.length > this.capacity ? items.slice(0, this.capacity) : items;
    for (const [index, row] of this.#rows) {
      if (before[index] !== this.#items[index]) {
        this.#drop(index, row);
        this.#from = undefined;
      } else row.setAttribute('aria-setsize', this.#items.length);
    }
    this.element.style.height = `${this.#items.length * this.#rowHeight}px`;
    if (this.#active >= this.#items.length) this.#active = 0;
    this.#render();
  }

  /** Rebuilds what the row of an item shows, if it is in the document. The link stays: somebody may be about to press it. */
  refresh(item) {
    for (const [index, row] of this.#rows) {
      if (this.#items[index] === item) this.#update(row.firstElementChild, item, index);
    }
  }

  /** Brings every row in the document up to date. */
  redraw() {
    for (const [index, row] of this.#rows) this.#update(row.firstElementChild, this.#items[index], index);
  }

  /** The same, and tells what is in sight. */
  refreshAll() {
    this.redraw();
    this.#lastRange = '';
    this.#render();
  }

  #frame;
  #onScroll(target) {
    // Another list's scroller moves nothing here.
    if (this.#frame !== undefined || !target.contains?.(this.element)) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#render();
    });
  }

  #lastRange = '';
  #render() {
    if (!this.element.isConnected) return;
    const [first, last] = this.#inSight();
    const from = Math.max(0, Math.floor((first - ROWS_AROUND) / BLOCK) * BLOCK);
    const to = Math.min(this.#items.length - 1, Math.ceil((last + ROWS_AROUND) / BLOCK) * BLOCK);
    const focused = document.activeElement;
    if (from !== this.#from || to !== this.#to || this.#rows.size < to - from + 1) this.#move(from, to, focused);
    if ((this.#active < first || this.#active > last) && !this.element.contains(focused)) this.#activate(first);
    const range = `${first} ${last} ${this.#items[first]} ${this.#items[last]}`;
    if (range !== this.#lastRange) {
      this.#lastRange = range;
      this.#onRange?.(this.#items.slice(first, last + 1));
    }
  }

  #from;
  #to;
  #move(from, to, focused) {
    [this.#from, this.#to] = [from, to];
    for (const [index, row] of this.#rows) {
      // A focused row is kept, because the page would lose the focus.
      if ((index < from || index > to) && !row.contains(focused)) this.#drop(index, row);
    }
    this.#fill(from, to);
  }

  #inSight() {
    const list = this.element.getBoundingClientRect();
    const scroller = this.element.closest('[data-scroller]')?.getBoundingClientRect();
    const top = Math.max(0, scroller?.top ?? 0);
    const bottom = Math.min(window.innerHeight, scroller?.bottom ?? Infinity);
    const first = Math.floor((top - list.top) / this.#rowHeight);
    const last = Math.ceil((bottom - list.top) / this.#rowHeight) - 1;
    const end = this.#items.length - 1;
    return [Math.max(0, Math.min(first, end)), Math.max(-1, Math.min(last, end))];
  }

  /** Rows are in the document in their order, which is the order of screen readers: each is put before the one that follows it. */
  #fill(from, to) {
    let next;
    for (let index = to; index >= from; index -= 1) {
      const row = this.#rows.get(index) ?? this.#add(index, next === undefined ? this.#after(index) : next);
      next = row;
    }
  }

  #add(index, next) {
    const row = h(
      'li',
      {
        'data-index': index,
        'aria-setsize': this.#items.length,
        'aria-posinset': index + 1,
        style: { top: `${index * this.#rowHeight}px` },
      },
      this.#make(index),
    );
    this.#rows.set(index, row);
    this.element.insertBefore(row, next);
    return row;
  }

  #after(index) {
    let next;
    for (const [other, element] of this.#rows) {
      if (other > index && (next === undefined || other < next[0])) next = [other, element];
    }
    return next?.[1] ?? null;
  }

  #make(index) {
    const row = this.#row(this.#items[index], index);
    linkOf(row).tabIndex = index === this.#active ? 0 : -1;
    return row;
  }

  #drop(index, row) {
    row.remove();
    this.#rows.delete(index);
  }

  #activate(index) {
    if (!Number.isInteger(index) || index === this.#active) return;
    const before = this.#rows.get(this.#active);
    if (before) linkOf(before.firstElementChild).tabIndex = -1;
    this.#active = index;
    const row = this.#rows.get(index);
    if (row) linkOf(row.firstElementChild).tabIndex = 0;
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(window.innerHeight / this.#rowHeight) - 3);
    const end = this.#items.length - 1;
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -end, End: end };
    if (!(event.key in moves) || end < 0) return;
    event.preventDefault();
    const from = this.#items[this.#active];
    const index = Math.max(0, Math.min(end, this.#active + moves[event.key]));
    this.focus(index);
    this.#onMove?.(this.#items[index], { extend: event.shiftKey, from });
  }

  /** Scrolls to a row, and focuses it. */
  focus(index) {
    const row = this.#rows.get(index) ?? this.#add(index, this.#after(index));
    row.scrollIntoView({ block: 'nearest' });
    linkOf(row.firstElementChild).focus({ preventScroll: true });
  }

  /** The item whose row an element of the document is in. */
  itemOf(element) {
    const index = element?.closest?.('li[data-index]')?.dataset.index;
    return index === undefined ? undefined : this.#items[Number(index)];
  }
}

/** What the focus goes to: the row itself, or the link in it. */
const linkOf = (row) => (row.matches('a, button') ? row : row.querySelector('a'));
