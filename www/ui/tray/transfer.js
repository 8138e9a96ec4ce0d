// A download where its content is listed: a button, then the progress with its buttons, then the result.

import { h, icon } from '../../dom.js';
import { startTransfer, transferOf } from '../../model/activities/transfers.js';
import { noteOf, progressOf } from './activity.js';

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
    button.addEventListener('click', () => follow(startTransfer(key, options)).focus());
    element.replaceChildren(...[note, button].filter(Boolean));
    return button;
  };

  const follow = (transfer) => {
    const { element: progress, update, cancel } = progressOf(transfer, label);
    element.replaceChildren(progress, cancel);
    const step = () => {
      if (transfer.state === 'running') return update();
      const isFocused = element.contains(document.activeElement);
      const button = idle(noteOf(transfer));
      if (isFocused) button.focus();
    };
    transfer.addEventListener('change', step, { signal });
    return cancel;
  };

  const transfer = transferOf(key);
  if (transfer?.state === 'running') follow(transfer);
  else idle(transfer && noteOf(transfer));
  return element;
}
