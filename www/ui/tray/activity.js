// How an activity looks: progress with its buttons, then the result. Downloads are shown where their content is listed, too.

import { announce, h, icon } from '../../dom.js';
import { explain } from '../../errors.js';
import { bytes, count } from '../../text/format.js';

/** The bar, the figure and the buttons of a running activity. `label`: what it is about. */
export function progressOf(activity, label) {
  const { kind } = activity;
  const bar = h('progress', { 'aria-label': `${kind[0].toUpperCase()}${kind.slice(1)} of ${label}` });
  const figure = h('span', { class: 'transfer-figure' });
  const cancel = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      'aria-label': `Cancel the ${kind} of ${label}`,
      onclick: () => activity.cancel(),
    },
    'Cancel',
  );
  const pause = activity.canPause
    ? h('button', {
        type: 'button',
        class: 'quiet',
        onclick: () => (activity.isPaused ? activity.resume() : activity.pause()),
      })
    : null;
  const update = () => {
    const { loaded, size, isPaused } = activity;
    if (size > 0) [bar.max, bar.value] = [size, Math.min(loaded, size)];
    figure.textContent = figureOf(activity);
    if (!pause) return;
    pause.textContent = isPaused ? 'Continue' : 'Pause';
    pause.setAttribute('aria-label', `${isPaused ? 'Continue' : 'Pause'} the ${kind} of ${label}`);
  };
  update();
  return { element: h('div', { class: 'transfer-progress' }, bar, figure), update, cancel, pause };
}

/**
 * Shows in `holder` how an activity goes, also when it is done once more. `begin()` shows that it runs, and returns what shows a step;
 * `finish()` shows the outcome, and returns what gets the focus of a button that is gone. `ended()` follows each end. `signal` ends this
 * view of the activity, not the activity.
 */
export function follow(activity, holder, { begin, finish, ended, signal }) {
  let update;
  const show = () => {
    if (activity.state === 'running') {
      update ??= begin();
      update();
    } else if (update) {
      update = undefined;
      const isFocused = holder.contains(document.activeElement);
      const next = finish();
      if (isFocused) next.focus();
      ended?.();
    }
  };
  if (activity.state === 'running') show();
  else finish();
  activity.addEventListener('change', show, { signal });
}

function figureOf({ loaded, size, unit, rate, isPaused }) {
  if (unit === 'items') return size > 1 ? `${count(loaded)} of ${count(size)}` : 'Under way';
  const done = size === undefined ? bytes(loaded) : `${bytes(loaded)} of ${bytes(size)}`;
  if (isPaused) return `${done}, paused`;
  return rate ? `${done}, ${bytes(rate)}/s` : done;
}

/** What became of an ended activity. */
export function noteOf({ state, error, result }) {
  if (state === 'cancelled')
    return h('span', { class: 'transfer-note muted' }, result ? `Cancelled. ${result.text}` : 'Cancelled');
  if (result)
    return h(
      'span',
      { class: `transfer-note ${result.isGood ? 'good' : result.isFailed ? 'warn' : 'muted'}` },
      result.isGood ? icon('check') : null,
      result.text,
    );
  const { code, message, advice } = explain(error);
  return h(
    'p',
    { class: 'transfer-note bad' },
    h('code', {}, code),
    message,
    advice ? h('span', { class: 'transfer-advice' }, advice) : null,
  );
}

export function announceResult({ kind, name, state, error, result }) {
  const outcome = {
    done: result?.text,
    cancelled: 'cancelled',
    failed: result?.text ?? (error && explain(error).message),
  };
  announce(`${kind} of ${name}: ${outcome[state]}`);
}
