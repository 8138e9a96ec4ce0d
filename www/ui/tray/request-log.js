// The latest requests of the page, and what the registries allow.

import { h } from '../../dom.js';
import { requests } from '../../model/requests.js';
import { count } from '../../text/format.js';

/** Ends with `signal`. */
export function requestLog(signal) {
  const limits = h('p', { class: 'muted small' });
  const lines = h('ol', { class: 'requests', tabindex: 0, 'aria-label': 'Requests, the latest first' });
  let isPending = false;
  const show = () => {
    isPending = false;
    limits.textContent = requests.limits.map(limitText).join(' ') || 'No registry has told a rate limit.';
    const isOne = new Set(requests.entries.map(({ host }) => host)).size < 2;
    lines.replaceChildren(...requests.entries.map((entry) => line(entry, isOne)).reverse());
  };
  requests.addEventListener(
    'change',
    () => {
      if (!isPending) requestAnimationFrame(show);
      isPending = true;
    },
    { signal },
  );
  show();
  const clear = h('button', { type: 'button', class: 'quiet', onclick: () => requests.clear() }, 'Clear');
  return h('div', { class: 'request-log' }, h('div', { class: 'title-line' }, limits, clear), lines);
}

const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

/** `isOne`: all requests go to one host, which need not be told. */
function line({ at, method, host, path, status, duration, error }, isOne) {
  const isBad = status === undefined || status >= 400;
  return h(
    'li',
    {},
    h('time', { class: 'muted', datetime: at.toISOString() }, time.format(at)),
    h('span', { class: 'request-method' }, method),
    h('span', { class: 'request-path' }, isOne ? path : host + path),
    h('span', { class: isBad ? 'bad' : 'muted' }, String(status ?? error ?? 'failed')),
    h('span', { class: 'muted number' }, `${count(Math.round(duration))} ms`),
  );
}

function limitText({ label, limit, remaining, window, reset }) {
  const per = window ? ` per ${duration(window)}` : '';
  const left = remaining === undefined ? '' : `, ${count(remaining)} left`;
  const until = reset ? `, renewed in ${duration(reset)}` : '';
  return `${label} allows ${limit === undefined ? 'a limited number of' : count(limit)} requests${per}${left}${until}.`;
}

function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds >= 7200) return `${Math.round(seconds / 3600)} h`;
  return seconds >= 120 ? `${Math.round(seconds / 60)} min` : `${seconds} s`;
}
