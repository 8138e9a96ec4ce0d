// A download where its content is listed: a button, then the progress with its buttons, then the result.

import { h, icon } from '../../dom.js';
import { startTransfer, transferOf } from '../../model/activities/transfers.js';
import { follow, noteOf, progressOf } from './activity.js';

/**
 * `key`, `name`, `file`, `size`, `isVerified`, `open`: as `startTransfer()` takes them. `label`: the content in short. `signal`
 * ends this view of the transfer, not the transfer.
 */
export function transferButton({ key, label, signal, ...options }) {
  const element = h('div', { class: 'transfer' });
  const idle = (note) => {
    const button = h(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `Download ${label}` },
      icon('download'),
      'Download',
    );
    button.addEventListener('click', () => {
      show(startTransfer(key, options));
      element.querySelector('button').focus();
    });
    element.replaceChildren(...[note, button].filter(Boolean));
    return button;
  };
  const show = (transfer) => {
    const begin = () => {
      const { element: progress, update, cancel } = progressOf(transfer, label);
      element.replaceChildren(progress, cancel);
      return update;
    };
    follow(transfer, element, { begin, finish: () => idle(noteOf(transfer)), signal });
  };

  const transfer = transferOf(key);
  if (transfer) show(transfer);
  else idle();
  return element;
}
