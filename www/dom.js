// The only place that creates elements. Data of a registry only ever becomes text: no string becomes markup, and an address
// becomes a link only if it is http or https. Characters that reorder or hide text are shown as escapes.

import { printable } from './text/printable.js';

/** Returns the address if a page may link to it: absolute, http or https, without user info. */
export function safeUrl(text) {
  if (typeof text !== 'string' || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return (url.protocol === 'https:' || url.protocol === 'http:') && !url.username && !url.password
    ? url.href
    : undefined;
}

/** `h('button', { class: 'quiet', onclick: copy }, 'Copy')`; absent and false properties and children are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) setProperty(element, name, value);
  append(element, children);
  return element;
}

function setProperty(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith('on')) {
    if (typeof value !== 'function') throw new TypeError(`${name} must be a function`);
    element.addEventListener(name.slice(2), value);
  } else if (name === 'style') {
    for (const [property, setting] of Object.entries(value)) element.style.setProperty(property, setting);
  } else if (name === 'href') {
    if (!value.startsWith('#') && !safeUrl(value)) throw new TypeError('a link leads into this page or to http(s)');
    element.setAttribute('href', value);
  } else if (name === 'value') {
    element.value = value;
  } else {
    element.setAttribute(name, value === true ? '' : printable(value));
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : textNode(child));
  }
}

/** The same for drawings, which have no handlers and no links. */
export function svg(tag, properties = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  append(element, children);
  return element;
}

/** Returns a function that copies what `make()` returns: a copy costs a fraction of what building it does. */
export function template(make) {
  let made;
  return () => (made ??= make()).cloneNode(true);
}

export function setText(element, text) {
  element.textContent = printable(text);
}

const textNode = (text) => document.createTextNode(printable(text));

/** Returns an external link if the text is an address, else the text. */
export function textOrLink(text) {
  const href = safeUrl(text);
  return href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, text) : textNode(text);
}

const icons = new Map();

/** An icon of the page's sprite, for decoration only. Rows of long lists have some, and a copy is made fastest. */
export function icon(name) {
  if (!icons.has(name)) icons.set(name, drawn(name));
  return icons.get(name).cloneNode(true);
}

/** Its own lines, not a reference to the sprite's: that would be a tree of its own in each row. */
function drawn(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const symbol = document.getElementById(`icon-${name}`);
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('viewBox', symbol.getAttribute('viewBox'));
  svg.append(...[...symbol.children].map((line) => line.cloneNode(true)));
  return svg;
}

let announcing;
/** Announces a change to screen readers. */
export function announce(message) {
  const region = document.getElementById('announcer');
  cancelAnimationFrame(announcing);
  region.textContent = '';
  announcing = requestAnimationFrame(() => {
    region.textContent = printable(message);
  });
}
