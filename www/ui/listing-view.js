// A listing on the page: filter, count, rows, and the states loading, empty, no match and failed.

import { announce, h, icon } from '../dom.js';
import { isOffline } from '../errors.js';
import { count } from '../text/format.js';
import { withQuery } from '../router.js';
import { matcher, ordered } from '../text/names.js';
import { whenOnline } from './events.js';
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
  #order;

  /**
   * `title`: "Tags". `accept(item)`: which items belong here at all. `row`, `rowRem`, `onRange`: as VirtualList has them.
   * `empty(wanted, items)` and `failed(error)`: what to show then. `retry()`: reads the listing again. `onChange(listing)`:
   * called after each change. `filter` and `order`: what the address says; a change of the filter is written there.
   */
  constructor(options) {
    this.#options = { accept: undefined, onChange: () => {}, tools: [], filter: '', order: 'listed', ...options };
    const { title, row, rowRem, onRange, signal, tools, filter, order } = this.#options;
    const id = `${title.toLowerCase()}-title`;
    this.#order = order;
    this.#rows = new VirtualList({ label: title, row, rowRem, onRange, signal });
    this.#filter = h('input', {
      type: 'search',
      placeholder: 'Filter, or a glob: *-alpine',
      'aria-label': `Filter ${title.toLowerCase()}`,
      spellcheck: 'false',
      autocapitalize: 'none',
      autocomplete: 'off',
      value: filter,
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
      this.#note,
      this.#options.columns ?? null,
      this.#rows.element,
    );
  }

  get rows() {
    return this.#rows;
  }

  set order(order) {
    this.#order = order;
    this.#sorted = undefined;
    this.#update();
  }

  show(listing) {
    this.#listing = listing;
    this.#shownNote = '';
    listing.watch(() => {
      if (this.#listing === listing) this.#update();
    }, this.#options.signal);
    // Announced once, at the end: a listing can grow many times a second.
    listing.finished.then(() => {
      if (this.#listing !== listing || this.#options.signal.aborted) return;
      this.#say();
      if (listing.state === 'failed' && isOffline(listing.error)) whenOnline(this.#options.retry, this.#options.signal);
    });
  }

  #say() {
    announce(`${this.#options.title}: ${this.#found.textContent || 'could not be read'}`);
  }

  #typing;
  #onFilter() {
    this.#update();
    history.replaceState(history.state, '', withQuery(location.hash, 'filter', this.#filter.value.trim()));
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#say(), TYPED_AFTER);
  }

  // Sorted once for each change of the items, not for each typed character.
  #sorted;
  #inOrder() {
    const { items } = this.#listing;
    if (this.#sorted?.of !== items || this.#sorted.length !== items.length) {
      const { accept } = this.#options;
      const here = accept ? items.filter(accept) : items;
      this.#sorted = { of: items, length: items.length, items: ordered(here, this.#order) };
    }
    return this.#sorted.items;
  }

  #update() {
    const { items, state } = this.#listing;
    const here = this.#inOrder();
    const wanted = this.#filter.value.trim();
    const matching = wanted ? here.filter(matcher(wanted)) : here;
    const isUnread = state === 'failed' && items.length === 0;
    const all = `${count(here.length)}${state === 'failed' ? ' read so far' : ''}`;
    const reading = state === 'loading' ? ', reading…' : '';
    this.#found.textContent = isUnread ? '' : (wanted ? `${count(matching.length)} of ${all}` : all) + reading;
    // `slice`: the listing goes on growing, and the rows compare what they had with what they get.
    this.#rows.items = matching === items ? items.slice() : matching;
    this.element.classList.toggle('has-rows', matching.length > 0);
    this.#showNote(matching, here, wanted, state);
    this.#options.onChange(this.#listing);
  }

  /** Above the rows: nobody scrolls to the end of 3,000 to see whether they are all. */
  #showNote(matching, here, wanted, state) {
    const { title, empty, failed, retry } = this.#options;
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
        ? [here.length > 0 ? incomplete(title, here.length) : null, failed(this.#listing.error, retry)]
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

const incomplete = (title, read) =>
  h(
    'p',
    { class: 'incomplete' },
    h('strong', {}, 'This list is incomplete. '),
    `${title} are missing after the first ${count(read)}, because reading them failed. The rows stay while you try again.`,
  );
