// Dialogs: the browser's own, which keep the focus inside, and give it back.

import { h, icon } from '../dom.js';
import { SIGN_IN } from './events.js';
import { part } from './part.js';

const TITLE = 'dialog-title';

/** Opens a dialog. `fill({ close, signal })` returns its content; `signal` aborts when it closes. A change of the page closes it. */
export function openDialog(title, fill) {
  const controller = new AbortController();
  const { signal } = controller;
  const close = () => dialog.close();
  const dialog = h(
    'dialog',
    {
      class: 'dialog',
      'aria-labelledby': TITLE,
      onclose: () => {
        controller.abort();
        dialog.remove();
      },
    },
    h(
      'div',
      { class: 'dialog-head' },
      h('h2', { id: TITLE, tabindex: -1, autofocus: true }, title),
      h('button', { type: 'button', class: 'icon-button', 'aria-label': 'Close', onclick: close }, icon('close')),
    ),
  );
  dialog.append(fill({ close, signal }));
  document.body.append(dialog);
  window.addEventListener('hashchange', close, { signal });
  // The form to sign in is behind it. First of all: the focus goes there.
  document.addEventListener(SIGN_IN, close, { signal, capture: true });
  dialog.showModal();
}

/** The same for a dialog whose script loads when it opens: `load()` returns `make({ close, signal })`. */
export const openLazily = (title, load) =>
  openDialog(title, ({ close, signal }) =>
    part({
      signal,
      lines: 4,
      work: load,
      render: (make) => {
        const content = make({ close, signal });
        // Who opens a dialog to type begins to; the browser looks only at what is there when it opens.
        requestAnimationFrame(() => content.querySelector('[autofocus]')?.focus());
        return content;
      },
    }),
  );

/** The buttons below a dialog's form: what it does, and a way out. */
export const dialogActions = (close, ...buttons) =>
  h('div', { class: 'actions dialog-actions' }, buttons, h('button', { type: 'button', onclick: close }, 'Cancel'));
