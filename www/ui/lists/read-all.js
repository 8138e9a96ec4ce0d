// What a list's details have cost and would cost: read on, read all, progress, stop.

import { h } from '../../dom.js';
import { explain } from '../../errors.js';
import { count, plural } from '../../text/format.js';

const EVERY = 250;
/** Rows in sight are read unasked, which is no matter for a word if it is soon done. */
const SOON = 1_500;

/**
 * `items()`: all that there are. `each`: about how many requests one takes. `onStep()`: called now and then while all are read, and
 * at the end. Returns `{ element, update }`; `update()` is to be called after each change.
 */
export function readAllBar({ details, items, each, onStep, signal }) {
  const note = h('span', { class: 'read-note' });
  const progress = h('progress', { 'aria-label': 'Reading', max: 1, value: 0 });
  const on = h('button', { type: 'button', class: 'quiet', onclick: () => details.allow() }, 'Read on');
  const all = h('button', {
    type: 'button',
    class: 'quiet',
    onclick: () => (details.isReadingAll ? details.stop() : details.readAll(items())),
  });
  const element = h('div', { class: 'read-all', hidden: true }, progress, note, on, all);

  let since;
  let late;
  const show = () => {
    const there = items();
    const unread = there.filter((item) => !details.get(item)).length;
    const isReading = details.isReadingAll;
    const isLacking = details.wanted && (unread > 0 || isReading);
    if (!isLacking) since = undefined;
    else since ??= performance.now();
    const left = since + SOON - performance.now();
    const isLate = isReading || details.isSpent || details.failure !== undefined || left <= 0;
    element.hidden = !isLacking || !isLate;
    clearTimeout(late);
    if (isLacking && !isLate) late = setTimeout(show, left);
    progress.hidden = !isReading;
    [progress.max, progress.value] = [Math.max(1, there.length), there.length - unread];
    on.hidden = isReading || !details.isSpent;
    all.textContent = isReading ? 'Stop' : `Read all (about ${plural(unread * each, 'request')})`;
    note.textContent = isReading
      ? `${count(there.length - unread)} of ${count(there.length)} read`
      : details.failure
        ? `Reading stopped: ${explain(details.failure).message}`
        : details.isSpent
          ? 'Enough requests were made unasked. The rest is read when you say so.'
          : `${count(unread)} not read yet`;
  };

  let timer;
  let wasReading = false;
  const update = () => {
    wasReading ||= details.isReadingAll;
    timer ??= setTimeout(() => {
      timer = undefined;
      show();
      if (wasReading) onStep();
      wasReading = details.isReadingAll;
    }, EVERY);
  };
  signal.addEventListener('abort', () => [timer, late].forEach(clearTimeout), { once: true });
  return { element, update };
}
