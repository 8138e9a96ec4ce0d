// A part of the page that reads layers: it says how much before it does, waits for consent where that is more than a few megabytes,
// and can be cancelled.

import { announce, h } from '../dom.js';
import { isOffline } from '../errors.js';
import { bytes, plural } from '../text/format.js';
import { whenOnline } from './events.js';
import { errorBox } from './part.js';

/** As much is read without asking. */
const FREE = 4_000_000;

export const isCheap = ({ layers, bytes: size }) => layers === 0 || size <= FREE;

/** "3 layers, 57 MB" */
export const amount = ({ layers, bytes: size }) =>
  `${plural(layers, 'layer')}, ${Number.isNaN(size) ? 'of a size that the registry does not tell' : bytes(size)}`;

/**
 * `cost()`: what would be read now, `{ layers, bytes }`. `work({ signal, onProgress })` returns a promise, and `render(value)` its
 * content. `what`: "Lists the files". `signal` ends the part. `isAgreed`: it is wanted at any
 * cost. `boxed`: it stands alone, and gets a frame while it has no content.
 */
export function readingPart({ cost, what, work, render, signal, boxed = false, isAgreed = false }) {
  const element = h('div', { class: 'part reading', tabindex: -1 });
  const put = (...content) => {
    const hadFocus = element.contains(document.activeElement);
    element.classList.toggle('block', boxed && content[0]?.classList?.contains('question') === true);
    element.replaceChildren(...content);
    // The pressed button no longer exists.
    if (hadFocus) element.focus();
  };

  const ask = (note) => put(question({ what, cost: cost(), note, start }));

  async function start() {
    const controller = new AbortController();
    const { element: progress, update } = progressOf(what, cost(), () => controller.abort());
    element.setAttribute('aria-busy', 'true');
    put(progress);
    try {
      const value = await work({ signal: AbortSignal.any([signal, controller.signal]), onProgress: update });
      if (!signal.aborted) put(...[render(value)].flat(Infinity).filter(Boolean));
    } catch (error) {
      if (signal.aborted) return;
      if (controller.signal.aborted) {
        announce('Cancelled');
        ask('Cancelled.');
      } else {
        put(errorBox(error, { retry: start }));
        if (isOffline(error)) whenOnline(start, signal);
      }
    }
    element.removeAttribute('aria-busy');
  }

  if (isAgreed || isCheap(cost())) start();
  else ask();
  return element;
}

function question({ what, cost, note, start }) {
  return h(
    'div',
    { class: 'question' },
    note ? h('p', { class: 'muted' }, note) : null,
    h('p', {}, `${what}. Reads ${amount(cost)}.`),
    h('button', { type: 'button', class: 'primary', onclick: start }, `Read ${amount(cost)}`),
  );
}

function progressOf(what, { bytes: size }, cancel) {
  const isKnown = size > 0;
  const bar = h('progress', { max: isKnown ? size : 1, 'aria-label': what });
  const figure = h('span', { class: 'transfer-figure' }, 'Reading…');
  return {
    element: h(
      'div',
      { class: 'question' },
      h('div', { class: 'transfer-progress' }, bar, figure),
      h('button', { type: 'button', class: 'quiet', onclick: cancel }, 'Cancel'),
    ),
    update: ({ loaded }) => {
      if (isKnown) bar.value = Math.min(loaded, size);
      figure.textContent = isKnown && loaded <= size ? `${bytes(loaded)} of ${bytes(size)}` : bytes(loaded);
    },
  };
}
