// Parts of the pages that change something: their head, fields, and choices.

import { h } from '../dom.js';
import { homeHref, repositoryHref } from '../router.js';

/** The head of a page beside the repositories. `name`: the repository that it is about. */
export function pageHead(session, title, about, name) {
  const separator = () => h('span', { 'aria-hidden': 'true' }, '/');
  return h(
    'header',
    { class: 'view-head' },
    h(
      'nav',
      { class: 'crumbs', 'aria-label': 'Breadcrumb' },
      h('a', { href: homeHref() }, session?.host ?? 'Registry'),
      name ? [separator(), h('a', { href: repositoryHref(name) }, name)] : null,
    ),
    h('h1', { tabindex: -1 }, title),
    h('p', { class: 'muted' }, about),
  );
}

/** A label above a field. `note`: "optional". `hint`: what may stand there. */
export function field(label, input, { note, hint } = {}) {
  if (hint) input.setAttribute('aria-describedby', `${input.id}-hint`);
  return h(
    'div',
    { class: 'field' },
    h('label', { for: input.id }, label, note ? h('span', { class: 'muted' }, ` ${note}`) : null),
    input,
    hint ? h('p', { class: 'hint', id: `${input.id}-hint` }, hint) : null,
  );
}

/** A checkbox with its label. */
export function choice(label, { onchange, ...properties } = {}) {
  const input = h('input', { type: 'checkbox', onchange: () => onchange?.(input.checked), ...properties });
  return { input, element: h('label', { class: 'choice' }, input, h('span', {}, label)) };
}

/** A field for a name or a tag. `pattern` as text.TAG and text.NAME. */
export const nameInput = (id, properties = {}) =>
  h('input', { id, required: true, spellcheck: 'false', autocapitalize: 'none', autocomplete: 'off', ...properties });

/** Replaces a form whose button was pressed, and takes over its focus. */
export function underWay(holder, text) {
  const note = h('p', { class: 'muted', tabindex: -1 }, `${text} is under way: see the list of activities below.`);
  holder.replaceChildren(note);
  note.focus();
}

/** For sessions that may not do this: why not. */
export const notOffered = (session) =>
  session.isReadOnly
    ? 'This page only reads: changes are not allowed here.'
    : session.version === 1
      ? 'This registry speaks V1, which does not have this.'
      : undefined;
