// A JSON document as a tree whose objects and lists open and close. Digests are links.

import { h } from '../dom.js';
import { count } from '../text/format.js';

/** Members that are shown at once. */
const SHOWN = 200;
const OPEN_UP_TO = 12;

const isContainer = (value) => typeof value === 'object' && value !== null;

/** `linkOf(text, key)`: the address that a text leads to, if any. */
export function jsonTree(value, label, { linkOf = () => undefined } = {}) {
  return h('div', { class: 'json-tree', role: 'group', 'aria-label': label }, members(value, linkOf, 0));
}

function members(value, linkOf, depth, from = 0) {
  const entries = Array.isArray(value) ? value.map((item, at) => [at, item]) : Object.entries(value);
  const shown = entries.slice(from, from + SHOWN).map(([key, item]) => member(key, item, linkOf, depth));
  const rest = entries.length - from - SHOWN;
  const list = h('ul', {}, shown);
  if (rest > 0) {
    const more = h('button', { type: 'button', class: 'quiet' }, `${count(rest)} more`);
    const line = h('li', {}, more);
    more.addEventListener('click', () => line.replaceWith(...members(value, linkOf, depth, from + SHOWN).children));
    list.append(line);
  }
  return list;
}

function member(key, value, linkOf, depth) {
  const name =
    typeof key === 'number' ? h('span', { class: 'muted' }, `${key}`) : h('span', { class: 'json-key' }, key);
  if (!isContainer(value)) return h('li', {}, name, ': ', leaf(value, linkOf(value, key)));
  const size = Array.isArray(value) ? value.length : Object.keys(value).length;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (size === 0) return h('li', {}, name, `: ${open}${close}`);
  const details = h(
    'details',
    {},
    h('summary', {}, name, ' ', h('span', { class: 'muted' }, `${open}${count(size)}${close}`)),
  );
  // What nobody opens is not built.
  const fill = () => details.childElementCount === 1 && details.append(members(value, linkOf, depth + 1));
  details.addEventListener('toggle', fill);
  if (depth < 2 && size <= OPEN_UP_TO) {
    details.open = true;
    fill();
  }
  return h('li', {}, details);
}

function leaf(value, href) {
  if (typeof value !== 'string') return h('span', { class: 'json-literal' }, String(value));
  const text = h('span', { class: 'json-string' }, value);
  return href ? h('a', { href }, text) : text;
}
