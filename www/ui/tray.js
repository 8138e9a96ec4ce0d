// The tray: downloads that go on while the person looks at something else. It is part of the page, not of a view.

import { h, icon } from '../dom.js';
import { plural } from '../text/format.js';
import { allTransfers, changes, isRunning } from '../model/transfers.js';
import { announceResult, noteOf, progressOf } from './transfer.js';

export function showTray(element) {
  const title = h('h2', {});
  const list = h('ul', {});
  element.append(title, list);
  const rows = new Map();

  const entitle = () => {
    const running = allTransfers().filter(({ state }) => state === 'running').length;
    title.textContent = running > 0 ? `${plural(running, 'download')} running` : 'Downloads';
  };
  const update = () => {
    const transfers = allTransfers();
    for (const [transfer, row] of rows) {
      if (transfers.includes(transfer)) continue;
      row.remove();
      rows.delete(transfer);
    }
    for (const transfer of transfers) {
      if (rows.has(transfer)) continue;
      rows.set(transfer, rowOf(transfer, entitle));
      list.append(rows.get(transfer));
    }
    element.hidden = transfers.length === 0;
    entitle();
  };
  changes.addEventListener('change', update);
  window.addEventListener('beforeunload', (event) => {
    // A reload would end them without a word.
    if (isRunning()) event.preventDefault();
  });
}

function rowOf(transfer, ended) {
  const { element, update, cancel } = progressOf(transfer, transfer.name);
  const state = h('div', { class: 'tray-state' }, element, cancel);
  const step = () => {
    if (transfer.state === 'running') return update();
    const isFocused = state.contains(document.activeElement);
    const dismiss = h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'aria-label': `Dismiss ${transfer.name}`,
        onclick: () => {
          transfer.dismiss();
          document.getElementById('main').focus();
        },
      },
      'Dismiss',
    );
    state.replaceChildren(noteOf(transfer), dismiss);
    if (isFocused) dismiss.focus();
    announceResult(transfer);
    ended();
  };
  transfer.addEventListener('change', step);
  return h('li', {}, h('p', { class: 'tray-name' }, icon('download'), h('span', {}, transfer.name)), state);
}
