// A download where its content is listed: a button, then the progress with a cancel button, then the result.

import { announce, h, icon } from '../dom.js';
import { explain } from '../errors.js';
import { bytes } from '../text/format.js';
import { startTransfer, transferOf } from '../model/transfers.js';

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

/** The bar, figure and cancel button of a running transfer. */
export function progressOf(transfer, label) {
  const { size } = transfer;
  const bar = h('progress', { max: Math.max(1, size ?? 1), 'aria-label': `Download of ${label}` });
  const figure = h('span', { class: 'transfer-figure' });
  const update = () => {
    if (size !== undefined) bar.value = transfer.loaded;
    figure.textContent = size === undefined ? bytes(transfer.loaded) : `${bytes(transfer.loaded)} of ${bytes(size)}`;
  };
  update();
  const cancel = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      'aria-label': `Cancel the download of ${label}`,
      onclick: () => transfer.cancel(),
    },
    'Cancel',
  );
  return { element: h('div', { class: 'transfer-progress' }, bar, figure), update, cancel };
}

/** What became of an ended transfer. */
export function noteOf({ state, error, isVerified }) {
  if (state === 'done')
    return isVerified
      ? h('span', { class: 'transfer-note good' }, icon('check'), 'Verified')
      : h('span', { class: 'transfer-note muted' }, 'Saved, not verified');
  if (state === 'cancelled') return h('span', { class: 'transfer-note muted' }, 'Cancelled');
  const { code, message } = explain(error);
  return h('p', { class: 'transfer-note bad' }, h('code', {}, code), message);
}

export function announceResult({ name, state, error, isVerified }) {
  const result = {
    done: isVerified ? 'downloaded and verified' : 'downloaded, not verified',
    cancelled: 'cancelled',
    failed: error && explain(error).message,
  };
  announce(`${name}: ${result[state]}`);
}
