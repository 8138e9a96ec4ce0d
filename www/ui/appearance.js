// The menu for the theme and the density.

import { h } from '../dom.js';
import { APPEARANCE, appearance, choose } from '../model/preferences.js';
import { segments } from './controls.js';

/** Fills the popover. `changed()`: called when rows have another height. */
export function appearanceMenu(element, changed) {
  const fill = () =>
    element.replaceChildren(
      ...Object.entries(APPEARANCE).map(([name, { caption, values }]) =>
        h(
          'div',
          { class: 'appearance-choice' },
          h('span', { 'class': 'small muted', 'aria-hidden': 'true' }, caption),
          segments({
            name,
            label: caption,
            values,
            value: appearance(name),
            onchange: (value) => {
              choose(name, value);
              if (name === 'density') changed();
            },
          }),
        ),
      ),
    );
  // The palette chooses too.
  element.addEventListener('beforetoggle', fill);
  fill();
}
