// The captions of a list's columns. Those of an order are buttons for it, beside the menu of orders.

import { h } from '../../dom.js';

const ARROWS = { name: '↑' };

/**
 * `columns`: `[caption, class, ...orders]`; a column of several orders changes between them. `choose(order)`: the same as in the menu.
 * Returns `{ element, update(order) }`.
 */
export function columnHeads(columns, choose) {
  let current;
  const buttons = [];
  const head = ([caption, name, ...orders]) => {
    if (orders.length === 0) return h('span', { 'class': name, 'aria-hidden': 'true' }, caption);
    const arrow = h('span', { 'aria-hidden': 'true' });
    const next = () => orders[(orders.indexOf(current) + 1) % orders.length];
    const button = h('button', { type: 'button', onclick: () => choose(next()) }, caption, arrow);
    buttons.push({ button, arrow, orders });
    return h('span', { class: name }, button);
  };
  const element = h('div', { class: 'row columns-head', role: 'group', 'aria-label': 'Order by' }, columns.map(head));
  const update = (order) => {
    current = order;
    for (const { button, arrow, orders } of buttons) {
      const isPressed = orders.includes(order) && order !== 'listed';
      button.setAttribute('aria-pressed', String(isPressed));
      arrow.textContent = isPressed ? (ARROWS[order] ?? '↓') : '';
      arrow.hidden = !isPressed;
    }
  };
  return { element, update };
}
