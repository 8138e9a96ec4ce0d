// The tree of namespaces beside the list of repositories. Narrow screens collapse it.

import { h, icon } from '../../dom.js';
import { Namespaces, pathsTo } from '../../model/lists/namespaces.js';
import { homeHref, namespaceHref } from '../../router.js';
import { count } from '../../text/format.js';
import { VirtualList } from '../../ui/lists/virtual-list.js';

/** The namespaces that show what is in them, as long as the session lasts. */
const opened = new WeakMap();

export class Tree {
  #namespaces = new Namespaces();
  #total = 0;
  #list;
  #current;
  #open;

  constructor({ session, current, signal }) {
    this.#current = current;
    if (!opened.has(session)) opened.set(session, new Set());
    this.#open = opened.get(session);
    for (const path of current === undefined ? [] : pathsTo(current)) this.#open.add(path);
    this.#list = new VirtualList({
      label: 'Namespaces',
      rowRem: 2.25,
      row: (path) => this.#row(path),
      update: (row, path) => this.#update(row, path),
      signal,
    });
    this.#list.element.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (!button) return;
      // The button is made anew.
      button.nextElementSibling.focus();
      this.#toggle(this.#list.itemOf(button));
    });
    this.#list.element.addEventListener('keydown', (event) => this.#onKey(event));
    const wide = matchMedia('(min-width: 60rem)');
    this.element = h(
      'details',
      { class: 'namespaces', open: wide.matches },
      h('summary', {}, h('h2', {}, 'Namespaces'), icon('chevron')),
      h('nav', { 'data-scroller': true, 'aria-label': 'Namespaces' }, this.#list.element),
    );
    wide.addEventListener(
      'change',
      () => {
        this.element.open = wide.matches;
      },
      { signal },
    );
    // A closed list has no visible rows.
    this.element.addEventListener('toggle', () => this.#list.refreshAll());
  }

  /** Takes the names of the catalog, and returns the number of namespaces on the first level. */
  update(names) {
    this.#namespaces.update(names);
    this.#total = names.length;
    this.#show();
    return this.#namespaces.size;
  }

  #show() {
    this.#list.items = [undefined, ...this.#namespaces.visible(this.#open)];
    this.#list.refreshAll();
  }

  #toggle(path, isOpen = !this.#open.has(path)) {
    if (isOpen) this.#open.add(path);
    else this.#open.delete(path);
    this.#show();
  }

  #onKey(event) {
    const path = this.#list.itemOf(event.target);
    if (path === undefined || !['ArrowRight', 'ArrowLeft'].includes(event.key)) return;
    event.preventDefault();
    if (this.#namespaces.get(path).below.length > 0) this.#toggle(path, event.key === 'ArrowRight');
  }

  /** The link stays, since it may have the focus. */
  #update(row, path) {
    const [branch, link] = this.#row(path).children;
    row.firstElementChild.replaceWith(branch);
    row.lastElementChild.replaceChildren(...link.childNodes);
  }

  #row(path) {
    const { part = 'All', depth = 0, count: size = this.#total, below = [] } = this.#namespaces.get(path) ?? {};
    const isOpen = this.#open.has(path);
    return h(
      'div',
      { class: 'row', style: { '--depth': depth }, 'data-current': path === this.#current },
      below.length > 0
        ? h(
            'button',
            {
              type: 'button',
              class: 'icon-button branch',
              'aria-label': `${isOpen ? 'Close' : 'Open'} ${path}`,
              'aria-expanded': String(isOpen),
              tabindex: -1,
            },
            icon('chevron'),
          )
        : h('span', { class: 'branch' }),
      h(
        'a',
        {
          class: 'row-link',
          href: path === undefined ? homeHref() : namespaceHref(path),
          'aria-current': path === this.#current ? 'page' : undefined,
        },
        h(
          'span',
          { class: 'row-name' },
          depth > 0 ? h('span', { class: 'visually-hidden' }, path.slice(0, -part.length)) : null,
          part,
        ),
        h('span', { class: 'visually-hidden' }, ', '),
        h('span', { class: 'tally' }, count(size)),
        h('span', { class: 'visually-hidden' }, size === 1 ? ' repository' : ' repositories'),
      ),
    );
  }
}
