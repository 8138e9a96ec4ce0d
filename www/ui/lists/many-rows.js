// A table that shows its first rows, and the others on request: a browser lays thousands out slowly.

import { h } from '../../dom.js';
import { plural } from '../../text/format.js';

const SHOWN = 200;

/** `rows(items)` makes a table or list of them, which begins with the first. `noun`: what one is, and `nouns` many. */
export function manyRows(items, rows, noun, nouns) {
  if (items.length <= SHOWN) return rows(items);
  const holder = h('div', { class: 'stack', tabindex: -1 });
  const showAll = () => {
    holder.replaceChildren(rows(items));
    holder.focus();
  };
  holder.append(
    rows(items.slice(0, SHOWN)),
    h(
      'button',
      { type: 'button', class: 'show-all', onclick: showAll },
      `Show all ${plural(items.length, noun, nouns)}`,
    ),
  );
  return holder;
}
