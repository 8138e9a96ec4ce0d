// A listing on the page: filter, count, rows, and the states loading, empty, no match and failed.

import { announce, h, icon, setText } from '../../dom.js';
import { isOffline } from '../../errors.js';
import { count } from '../../text/format.js';
import { withQuery } from '../../router.js';
import { matcher } from '../../text/names.js';
import { whenOnline } from '../events.js';
import { skeleton } from '../part.js';
import { VirtualList } from './virtual-list.js';

const TYPED_AFTER = 600;

export class ListingView {
  #options;
  #listing;
  #rows;
  #note = h('div', { class: 'list-note' });
  #shownNote = '';
  #heading = h('h2', {});
  #found = h('p', { class: 'count' });
  #filter;
  #shown = [];

  /**
   * `title`: "Tags"; `heading()`: what the rows are called now, if that changes. `arrange(items)`: those that belong here, in their
   * order; done once for each change of the items.
   * `match(wanted)`: the test for what is typed. `narrow()`: one for further filters, or undefined. `row`, `rowRem`, `update`,
   * `onRange`, `onMove`: as VirtualList has them. `tools`, `bar`: what stands in the head and below it. `empty(wanted, items)` and
   * `failed(error)`: what to show then; `variant()`: what else `empty()` depends on.
   * `retry()`: goes on with the listing. `onChange(listing)`: called after each change. `filter`: what the address says; a change is
   * written there.
   */
  constructor(options) {
    const defaults = {
      arrange: (items) => items,
      match: matcher,
      narrow: () => undefined,
      variant: () => '',
      onChange: () => {},
      filter: '',
      heading: () => options.title,
    };
    this.#options = { ...defaults, ...options };
    const { title, filter } = this.#options;
    const id = `${title.toLowerCase()}-title`;
    this.#heading.id = id;
    setText(this.#heading, title);
    this.#rows = new VirtualList({ label: title, ...this.#options });
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
        h('div', { class: 'list-title' }, this.#heading, this.#found),
        this.#options.tools ?? null,
        h('div', { class: 'search' }, icon('search'), this.#filter),
      ),
      this.#options.bar ?? null,
      this.#note,
      this.#options.columns ?? null,
      this.#rows.element,
    );
  }

  get rows() {
    return this.#rows;
  }
  /** The items that are shown, in their order. */
  get shown() {
    return this.#shown;
  }

  /** Arranges and filters again. */
  rearrange() {
    this.#arranged = undefined;
    this.#update();
  }

  show(listing) {
    this.#listing = listing;
    this.#shownNote = undefined;
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
    announce(`${this.#options.heading()}: ${this.#found.textContent || 'could not be read'}`);
  }

  #typing;
  #onFilter() {
    this.#update();
    history.replaceState(history.state, '', withQuery(location.hash, 'filter', this.#filter.value.trim()));
    this.announceLater();
  }

  /** Says how many there are, when the choice of them is made. */
  announceLater() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#say(), TYPED_AFTER);
  }

  // Done once for each change of the items, not for each typed character.
  #arranged;
  #here() {
    const { items } = this.#listing;
    if (this.#arranged?.of !== items || this.#arranged.length !== items.length)
      this.#arranged = { of: items, length: items.length, items: this.#options.arrange(items) };
    return this.#arranged.items;
  }

  #update() {
    if (!this.#listing) return;
    const { items, state } = this.#listing;
    setText(this.#heading, this.#options.heading());
    const here = this.#here();
    const wanted = this.#filter.value.trim();
    const narrow = this.#options.narrow();
    let matching = wanted ? here.filter(this.#options.match(wanted)) : here;
    if (narrow) matching = matching.filter(narrow);
    const isFiltered = Boolean(wanted || narrow);
    const isUnread = state === 'failed' && items.length === 0;
    const all = `${count(here.length)}${state === 'failed' ? ' read so far' : ''}`;
    const reading = state === 'loading' ? ', reading…' : '';
    this.#found.textContent = isUnread ? '' : (isFiltered ? `${count(matching.length)} of ${all}` : all) + reading;
    // `slice`: the listing goes on growing, and the rows compare what they had with what they get.
    this.#shown = matching === items ? items.slice() : matching;
    this.#rows.items = this.#shown;
    this.element.classList.toggle('has-rows', matching.length > 0);
    this.#showNote(matching, here, wanted, isFiltered, state);
    this.#options.onChange(this.#listing);
  }

  /** Above the rows: nobody scrolls to the end of 3,000 to see whether they are all. */
  #showNote(matching, here, wanted, isFiltered, state) {
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
              : `empty ${isFiltered} ${this.#options.variant()} ${wanted}`;
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
              : empty(wanted, isFiltered);
    const isFocused = this.#note.contains(document.activeElement);
    this.#note.replaceChildren(...[note].flat(Infinity).filter(Boolean));
    // The pressed button no longer exists.
    if (isFocused) this.#rows.element.querySelector('[tabindex="0"]')?.focus({ preventScroll: true });
  }
}

const incomplete = (title, read) =>
  h(
    'p',
    { class: 'incomplete' },
    h('strong', {}, 'This list is incomplete. '),
    `${title} are missing after the first ${count(read)}, because reading them failed. Trying again goes on from there.`,
  );
