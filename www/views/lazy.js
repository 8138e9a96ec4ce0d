// Views and sections whose scripts load when somebody opens them.

import { h } from '../dom.js';
import { printable } from '../text/printable.js';
import { part } from '../ui/part.js';

/** `load()` imports the view's module and returns its function; `title(route)` names the page until then. */
export function lazyView(load, title) {
  return (context) => {
    let view;
    const name = printable(title(context.route));
    // This title has the focus until the view has a title of its own.
    const placeholder = h('h1', { class: 'visually-hidden', tabindex: -1 }, name);
    const element = h('div', {}, placeholder);
    const render = (make) => {
      view = make(context);
      const isHere = element.contains(document.activeElement);
      placeholder.remove();
      if (isHere) queueMicrotask(() => element.querySelector('h1')?.focus({ preventScroll: true }));
      return view.element;
    };
    element.append(part({ signal: context.signal, label: 'Loading the page', work: load, render }));
    return { element, title: name, update: (next) => view?.update?.(next) ?? false };
  };
}

/**
 * The same for a section: `load()` returns a function that takes the section's context and returns its element, or
 * `{ element, update(route) }` if it shows what the address says.
 */
export function lazySection(load) {
  return (context) => {
    let section;
    let { route } = context;
    const element = part({
      signal: context.signal,
      work: load,
      lines: 8,
      label: 'Loading the section',
      render: (make) => {
        section = sectionOf(make({ ...context, route }));
        return section.element;
      },
    });
    return {
      // Without a box of its own, the content would lose the focus when it takes the place of what was there.
      element: h('div', {}, element),
      update: (next) => {
        route = next;
        section?.update?.(next);
      },
    };
  };
}

export const sectionOf = (made) => (made instanceof Node ? { element: made } : made);
