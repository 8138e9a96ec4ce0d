// Links beside each other, one of which is current: the first ones, and the others on request.

import { h } from '../../dom.js';
import { plural } from '../../text/format.js';

const SHOWN = 20;

/** `label`: what they are for screen readers. `items`: their captions. `noun`: what one is. `href(item)`: where its link leads. */
export class Pills {
  #links;

  constructor({ label, items, noun, href, current }) {
    this.#links = new Map(items.map((item) => [item, h('a', { class: 'pill' }, item)]));
    const links = [...this.#links.values()];
    this.element = h('nav', { class: 'platforms', 'aria-label': label, tabindex: -1 }, links.slice(0, SHOWN));
    this.update({ href, current });
    if (links.length <= SHOWN) return;
    const all = h('button', { type: 'button', class: 'quiet' }, `Show all ${plural(links.length, noun)}`);
    all.addEventListener('click', () => {
      this.element.replaceChildren(...links);
      this.element.focus();
    });
    this.element.append(all);
  }

  /** The links stay the same elements, so that the one that was followed keeps the focus. */
  update({ href, current }) {
    for (const [item, link] of this.#links) point(link, href(item), item === current);
    const chosen = this.#links.get(current);
    if (chosen && !this.element.contains(chosen)) this.element.prepend(chosen);
  }
}

export function point(link, href, isCurrent) {
  link.setAttribute('href', href);
  if (isCurrent) link.setAttribute('aria-current', 'page');
  else link.removeAttribute('aria-current');
}
