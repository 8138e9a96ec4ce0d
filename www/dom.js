// The only place that creates elements. Data of a registry only ever becomes text: no string becomes markup, and an address
// becomes a link only if it is http or https.

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
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Returns an external link if the text is an address, else the text. */
export function textOrLink(text) {
  const href = safeUrl(text);
  return href
    ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, text)
    : document.createTextNode(String(text));
}

/** An icon of the page's sprite, for decoration only. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

let announcing;
/** Announces a change to screen readers. */
export function announce(message) {
  const region = document.getElementById('announcer');
  cancelAnimationFrame(announcing);
  region.textContent = '';
  announcing = requestAnimationFrame(() => {
    region.textContent = message;
  });
}
