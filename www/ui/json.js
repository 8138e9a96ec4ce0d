// A JSON document, formatted and highlighted, as text nodes only.

import { h } from '../dom.js';

const COLOURED_UP_TO = 200_000;
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** `value`: a parsed document, or text that is none. `linkOf(text)`: the address that a text leads to, if any. */
export function jsonView(value, label, { linkOf = () => undefined } = {}) {
  const isText = typeof value === 'string';
  const text = isText ? value : JSON.stringify(value, null, 2);
  const code = h('code', {}, ...(isText || text.length > COLOURED_UP_TO ? [text] : coloured(text, linkOf)));
  return h('pre', { class: 'document', tabindex: 0, role: 'region', 'aria-label': label }, code);
}

function* coloured(text, linkOf) {
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, string, colon] = match;
    if (match.index > end) yield text.slice(end, match.index);
    const span = h('span', { class: colon ? 'json-key' : string ? 'json-string' : 'json-literal' }, string ?? token);
    const href = string && !colon ? linkOf(string.slice(1, -1)) : undefined;
    yield href ? h('a', { href }, span) : span;
    if (colon) yield colon;
    end = match.index + token.length;
  }
  if (end < text.length) yield text.slice(end);
}
