// A listing on the page: filter, count, rows, and the states loading, empty, no match and failed.

import { announce, h, icon } from '../dom.js';
import { count } from '../format.js';
import { skeleton } from './part.js';
import { VirtualList } from './virtual-list.js';

const TYPED_AFTER = 600;

export class ListingView {
  #options;
  #listing;
  #rows;
  #note = h('div', { class: 'list-note' });
  #shownNote = '';
  #found = h('p', { class: 'count' });
  #filter;

  /**
   * `title`: "Tags". `accept(item)`: which items belong here at all. `row`, `rowRem`, `onRange`: as VirtualList has them.
   * `empty(wanted, items)` and `failed(error)`: what to show then. `onChange(listing)`: called after each change.
   */
  constructor(options) {
    this.#options = { accept: undefined, onChange: () => {}, tools: [], ...options };
    const { title, row, rowRem, onRange, signal, tools } = this.#options;
    const id = `${title.toLowerCase()}-title`;
    this.#rows = new VirtualList({ label: title, row, rowRem, onRange, signal });
    this.#filter = h('input', {
      type: 'search',
      placeholder: 'Filter',
      'aria-label': `Filter ${title.toLowerCase()}`,
      spellcheck: 'false',
      autocapitalize: 'none',
      autocomplete: 'off',
      oninput: () => this.#onFilter(),
    });
    this.element = h(
      'section',
      { class: 'listing', 'aria-labelledby': id },
      h(
        'div',
        { class: 'list-head' },
        h('div', { class: 'list-title' }, h('h2', { id }, title), this.#found),
        tools,
        h('div', { class: 'search' }, icon('search'), this.#filter),
      ),
      this.#options.columns ?? null,
      this.#rows.element,
      this.#note,
    );
  }

  get rows() {
    return this.#rows;
  }

  show(listing) {
    this.#listing = listing;
    listing.watch(() => {
      if (this.#listing === listing) this.#update();
    }, this.#options.signal);
    // Announced once, at the end: a listing can grow many times a second.
    listing.finished.then(() => {
      if (this.#listing === listing && !this.#options.signal.aborted) this.#say();
    });
  }

  #say() {
    announce(`${this.#options.title}: ${this.#found.textContent}`);
  }

  #typing;
  #onFilter() {
    this.#update();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#say(), TYPED_AFTER);
  }

  #update() {
    const { items, state } = this.#listing;
    const { accept } = this.#options;
    const here = accept ? items.filter(accept) : items;
    const wanted = this.#filter.value.trim().toLowerCase();
    const matching = wanted ? here.filter((item) => item.toLowerCase().includes(wanted)) : here;
    const reading = state === 'loading' ? ', reading…' : '';
    this.#found.textContent =
      (wanted ? `${count(matching.length)} of ${count(here.length)}` : count(here.length)) + reading;
    // `slice`: the listing goes on growing, and the rows compare what they had with what they get.
    this.#rows.items = matching === items ? items.slice() : matching;
    this.element.classList.toggle('has-rows', matching.length > 0);
    this.#showNote(matching, here, wanted, state);
    this.#options.onChange(this.#listing);
  }

  #showNote(matching, here, wanted, state) {
    const { title, empty, failed } = this.#options;
    const kind =
      state === 'failed'
        ? 'failed'
        : matching.length > this.#rows.capacity
          ? 'capacity'
          : matching.length > 0
            ? ''
            : state === 'loading'
              ? 'loading'
              : `empty ${wanted}`;
    if (kind === this.#shownNote) return;
    this.#shownNote = kind;
    const note =
      kind === 'failed'
        ? failed(this.#listing.error)
        : kind === 'capacity'
          ? h(
              'p',
              { class: 'muted' },
              `The first ${count(this.#rows.capacity)} are shown. The filter finds the others.`,
            )
          : kind === 'loading'
            ? skeleton(8, `Reading ${title.toLowerCase()}`)
            : kind === ''
              ? []
              : empty(wanted, here);
    this.#note.replaceChildren(...[note].flat(Infinity).filter(Boolean));
  }
}
