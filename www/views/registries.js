// Registries to choose from: those of config.json, and those that this browser connected to before.

import { h } from '../dom.js';
import { forgetRegistry, recentRegistries } from '../model/preferences.js';

/** `choose(address)`: connects. Returns `{ element, update }`. */
export function registryChoices({ configured, choose }) {
  const element = h('div', { class: 'registries' });
  const known = configured.map(({ name }) => name);
  const connectTo = (address) =>
    h('button', { type: 'button', class: 'registry', onclick: () => choose(address) }, address);
  const update = () => {
    const recent = recentRegistries().filter((address) => !known.includes(address));
    element.replaceChildren(
      ...[
        // With one, the field has its address already.
        known.length > 1 || recent.length > 0 ? group('Registries', known.map(connectTo)) : null,
        group(
          'Recent',
          recent.map((address) => [
            connectTo(address),
            h(
              'button',
              {
                type: 'button',
                class: 'icon-button forget',
                'aria-label': `Forget ${address}`,
                onclick: () => {
                  forgetRegistry(address);
                  update();
                },
              },
              '×',
            ),
          ]),
        ),
      ].filter(Boolean),
    );
  };
  return { element, update };
}

const group = (title, buttons) =>
  buttons.length > 0
    ? h(
        'div',
        {},
        h('h3', {}, title),
        h(
          'ul',
          {},
          buttons.map((button) => h('li', {}, button)),
        ),
      )
    : null;
