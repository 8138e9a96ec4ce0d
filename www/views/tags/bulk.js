// What can be done with the selected tags.

import { h } from '../../dom.js';
import { pageHref } from '../../router.js';
import { plural } from '../../text/format.js';
import { tagActions } from '../actions.js';

/**
 * `tags()`: all tags of the repository, in their order; `shown()`: those that the filters leave; `seen(tag)`: the digest that its row
 * shows. Returns the element; it is part of the page while something is selected.
 */
export function bulkBar({ session, repository, selection, tags, shown, seen, signal }) {
  const title = h('p', { class: 'bulk-title', role: 'status' });
  const compare = h('a', { class: 'button' }, 'Compare');
  const offered = session.isReadOnly ? [] : tagActions.filter(({ isOffered }) => isOffered(session));
  const actions = h(
    'span',
    { class: 'bulk-actions' },
    offered.map(({ caption, needs, open }) =>
      h(
        'button',
        {
          'type': 'button',
          'data-needs': needs,
          'onclick': () => open({ session, repository, tags: selection.among(tags()), seen }),
        },
        caption,
      ),
    ),
  );
  const all = h('button', { type: 'button', class: 'quiet', onclick: () => selection.add(shown()) });
  const clear = h('button', { type: 'button', class: 'quiet' }, 'Clear');
  const element = h(
    'section',
    { class: 'bulk', 'aria-label': 'Selected tags', hidden: true },
    title,
    compare,
    actions,
    h('span', { class: 'bulk-more' }, all, clear),
  );
  const hint = h('p', { class: 'muted small' }, 'Select another one to compare the two.');
  compare.after(hint);

  const update = () => {
    const { size } = selection;
    const isFocused = element.contains(document.activeElement);
    element.hidden = size === 0;
    // The pressed button no longer exists.
    if (isFocused && size === 0) document.querySelector('.listing .rows [tabindex="0"]')?.focus();
    title.textContent = `${plural(size, 'tag')} selected`;
    compare.hidden = size !== 2;
    hint.hidden = size !== 1;
    if (size === 2) {
      const [a, b] = selection.among(tags()).map((tag) => `${repository.name}:${tag}`);
      compare.setAttribute('href', pageHref('compare', undefined, { a, b }));
    }
    const others = shown().filter((tag) => !selection.has(tag)).length;
    all.hidden = others === 0;
    all.textContent = `Select all ${plural(shown().length, 'tag')} shown`;
    for (const button of actions.children) button.disabled = button.dataset.needs === 'one' && size !== 1;
  };
  clear.addEventListener('click', () => selection.clear());
  selection.addEventListener('change', update, { signal });
  update();
  return { element, update };
}
