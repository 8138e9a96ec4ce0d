// Views and sections whose scripts load when somebody opens them.

import { h } from '../dom.js';
import { part } from '../ui/part.js';

/** `load()` imports the view's module and returns its function; `title(route)` names the page until then. */
export function lazyView(load, title) {
  return (context) => {
    let view;
    const element = part({
      signal: context.signal,
      label: 'Loading the page',
      work: load,
      render: (make) => {
        view = make(context);
        return view.element;
      },
    });
    return { element, title: title(context.route), update: (next) => view?.update?.(next) ?? false };
  };
}

/** The same for a section: `load()` returns a function that takes the section's context and returns its element. */
export function lazySection(load) {
  return (context) =>
    h('div', {}, part({ signal: context.signal, work: load, render: (make) => make(context), lines: 8 }));
}
