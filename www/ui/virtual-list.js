// A virtual list: only its visible rows are in the document. It scrolls with its container, the page or a
// `[data-scroller]`. One row can be tabbed to; arrow keys, Page Up and Down, Home and End move the focus.

import { h } from '../dom.js';

const ROWS_AROUND = 6;
// Browsers cannot lay out taller elements (Firefox: 17.8 million px).
const TALLEST = 15_000_000;

export class VirtualList {
  #rows = new Map();
  #active = 0;
  #rowHeight;
  #row;
  #onRange;
  #items = [];

  /**
   * `row(item, index)`: one row's link. `rowRem`: every row's height in rem. `onRange(items)`: called with the items in
   * sight when they change. `signal` ends the list's listening.
   */
  constructor({ label, rowRem, row, onRange, signal }) {
    this.#rowHeight = Math.round(rowRem * parseFloat(getComputedStyle(document.documentElement).fontSize));
    this.#row = row;
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
    document.addEventListener('scroll', () => this.#render(), { capture: true, passive: true, signal });
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
      if (before[index] !== this.#items[index]) this.#drop(index, row);
      else row.setAttribute('aria-setsize', this.#items.length);
    }
    this.element.style.height = `${this.#items.length * this.#rowHeight}px`;
    if (this.#active >= this.#items.length) this.#active = 0;
    this.#render();
  }

  /** Rebuilds the row of an item, if it is in the document. */
  refresh(item) {
    for (const [index, row] of this.#rows) {
      if (this.#items[index] !== item) continue;
      const focused = row.contains(document.activeElement);
      row.replaceChildren(this.#link(index));
      if (focused) row.firstElementChild.focus({ preventScroll: true });
    }
  }

  /** Rebuilds every row in the document. */
  refreshAll() {
    for (const index of this.#rows.keys()) this.refresh(this.#items[index]);
    this.#lastRange = '';
    this.#render();
  }

  #lastRange = '';
  #render() {
    if (!this.element.isConnected) return;
    const [first, last] = this.#inSight();
    for (const [index, row] of this.#rows) {
      // A focused row is kept, because the page would lose the focus.
      if ((index < first - ROWS_AROUND || index > last + ROWS_AROUND) && !row.contains(document.activeElement))
        this.#drop(index, row);
    }
    if ((this.#active < first || this.#active > last) && !this.element.contains(document.activeElement))
      this.#activate(first);
    for (
      let index = Math.max(0, first - ROWS_AROUND);
      index <= Math.min(this.#items.length - 1, last + ROWS_AROUND);
      index += 1
    ) {
      this.#ensure(index);
    }
    const range = `${first} ${last} ${this.#items[first]} ${this.#items[last]}`;
    if (range !== this.#lastRange) {
      this.#lastRange = range;
      this.#onRange?.(this.#items.slice(first, last + 1));
    }
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

  #ensure(index) {
    if (this.#rows.has(index)) return;
    const row = h(
      'li',
      {
        'data-index': index,
        'aria-setsize': this.#items.length,
        'aria-posinset': index + 1,
        style: { transform: `translateY(${index * this.#rowHeight}px)` },
      },
      this.#link(index),
    );
    this.#rows.set(index, row);
    // Rows are in the document in their order, which is the order of screen readers.
    let next;
    for (const [other, element] of this.#rows) {
      if (other > index && (next === undefined || other < next[0])) next = [other, element];
    }
    this.element.insertBefore(row, next?.[1] ?? null);
  }

  #link(index) {
    const link = this.#row(this.#items[index], index);
    link.tabIndex = index === this.#active ? 0 : -1;
    return link;
  }

  #drop(index, row) {
    row.remove();
    this.#rows.delete(index);
  }

  #activate(index) {
    if (!Number.isInteger(index) || index === this.#active) return;
    const before = this.#rows.get(this.#active)?.firstElementChild;
    if (before) before.tabIndex = -1;
    this.#active = index;
    const link = this.#rows.get(index)?.firstElementChild;
    if (link) link.tabIndex = 0;
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(window.innerHeight / this.#rowHeight) - 3);
    const end = this.#items.length - 1;
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -end, End: end };
    if (!(event.key in moves) || end < 0) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(end, this.#active + moves[event.key]));
    this.#ensure(index);
    const row = this.#rows.get(index);
    row.scrollIntoView({ block: 'nearest' });
    row.firstElementChild.focus({ preventScroll: true });
  }
}
