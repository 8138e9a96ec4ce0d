// The tray: what goes on while the person looks at something else, and the requests of the page. It is part of the page, not of
// a view.

import { h, icon } from '../../dom.js';
import { explain, isUnexplained, needsCredentials } from '../../errors.js';
import { pageHref } from '../../router.js';
import { plural } from '../../text/format.js';
import { allActivities, changes, isRunning } from '../../model/activities/activities.js';
import { shown } from '../../model/shown.js';
import { announceResult, follow, noteOf, progressOf } from './activity.js';
import { SHOW_TRAY, SIGN_IN, SIGN_IN_NEEDED, tell } from '../events.js';
import { part } from '../part.js';

const ICONS = { download: 'download', push: 'upload', copy: 'copy', deletion: 'trash', 'clean-up': 'trash' };

/** `foot`: where the button stands that shows the tray while there is nothing in it. */
export function showTray(element, foot) {
  const rows = new Map();
  const list = h('ul', { 'aria-labelledby': 'tray-title' });
  const nothing = h('p', { class: 'muted small' }, 'Downloads, pushes, copies and other changes are listed here.');
  const log = h('div', { class: 'tray-log' });
  const title = h('h2', { id: 'tray-title' });
  const tabs = ['Activity', 'Requests'].map((caption) =>
    h('button', { type: 'button', class: 'tray-tab', onclick: () => choose(caption) }, caption),
  );
  const dismissAll = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      onclick: () => {
        for (const activity of allActivities()) activity.dismiss();
        document.getElementById('main').focus();
      },
    },
    'Dismiss all',
  );
  const body = h('div', { class: 'tray-body', id: 'tray-body' }, nothing, list, dismissAll, log);
  const fold = h('button', {
    type: 'button',
    class: 'icon-button',
    'aria-controls': 'tray-body',
    onclick: () => open(body.hidden),
  });
  element.setAttribute('aria-labelledby', 'tray-title');
  element.append(h('div', { class: 'tray-head' }, title, h('div', { class: 'tray-tabs' }, tabs), fold), body);
  foot?.append(
    ' ',
    h(
      'button',
      { type: 'button', class: 'tray-opener', onclick: () => choose('Activity', true) },
      'Activity and requests',
    ),
  );

  let logging;
  let isAsked = false;
  const choose = (chosen, isFocusing = false) => {
    isAsked = true;
    logging?.abort();
    for (const tab of tabs) tab.setAttribute('aria-pressed', String(tab.textContent === chosen));
    const isLog = chosen === 'Requests';
    log.hidden = !isLog;
    if (isLog) {
      logging = new AbortController();
      log.replaceChildren(requestLog(logging.signal));
    }
    update();
    open(true);
    if (isFocusing) tabs.find((tab) => tab.textContent === chosen).focus();
  };
  const open = (isOpen) => {
    body.hidden = !isOpen;
    element.classList.toggle('folded', !isOpen);
    fold.setAttribute('aria-expanded', String(isOpen));
    fold.setAttribute('aria-label', isOpen ? 'Fold' : 'Unfold');
    fold.replaceChildren(icon('chevron'));
    // Without anything to tell, folding puts it away.
    if (!isOpen && allActivities().length === 0) {
      isAsked = false;
      document.getElementById('main').focus();
    }
    element.hidden = !isAsked && allActivities().length === 0;
    if (!isOpen) logging?.abort();
    else if (!log.hidden && logging?.signal.aborted) choose('Requests');
  };
  document.addEventListener(SHOW_TRAY, ({ detail }) => choose(detail ?? 'Activity', true));

  const entitle = () => {
    const running = allActivities().filter(({ state }) => state === 'running');
    dismissAll.hidden = !log.hidden || allActivities().length - running.length < 2;
    const kinds = new Set(running.map(({ kind }) => kind));
    const noun = kinds.size === 1 ? [...kinds][0] : 'activity';
    title.textContent = running.length > 0 ? `${plural(running.length, noun, NOUNS[noun])} running` : 'Activity';
  };
  const drop = (activity, { row, controller }) => {
    controller.abort();
    row.remove();
    rows.delete(activity);
  };
  const update = () => {
    const activities = allActivities();
    for (const [activity, row] of rows) if (!activities.includes(activity)) drop(activity, row);
    for (const activity of activities) {
      if (rows.has(activity)) continue;
      const controller = new AbortController();
      const row = rowOf(activity, entitle, controller.signal);
      rows.set(activity, { row, controller });
      list.prepend(row);
    }
    const isLog = !log.hidden;
    list.hidden = isLog || activities.length === 0;
    nothing.hidden = isLog || activities.length > 0;
    element.hidden = !isAsked && activities.length === 0;
    entitle();
  };
  log.hidden = true;
  for (const tab of tabs) tab.setAttribute('aria-pressed', String(tab.textContent === 'Activity'));
  open(true);
  entitle();
  changes.addEventListener('change', update);
  // Links lead to the registry that is shown.
  shown.addEventListener('change', () => {
    for (const [activity, row] of rows) drop(activity, row);
    update();
  });
  window.addEventListener('beforeunload', (event) => {
    // A reload would end them without a word.
    if (isRunning()) event.preventDefault();
  });
}

const requestLog = (signal) =>
  part({
    signal,
    lines: 3,
    work: async () => (await import('./request-log.js')).requestLog,
    render: (make) => make(signal),
  });

function rowOf(activity, entitle, signal) {
  const state = h('div', { class: 'tray-state' });
  const begin = () => {
    const { element, update, cancel, pause } = progressOf(activity, activity.name);
    state.replaceChildren(element, h('span', { class: 'tray-buttons' }, pause, cancel));
    return () => {
      update();
      entitle();
    };
  };
  const finish = () => {
    const dismiss = button('Dismiss', activity.name, () => {
      activity.dismiss();
      document.getElementById('main').focus();
    });
    state.replaceChildren(...ending(activity), h('span', { class: 'tray-buttons' }, actionsOf(activity), dismiss));
    return dismiss;
  };
  const ended = () => {
    announceResult(activity);
    if (activity.isHere && needsCredentials(errorOf(activity))) tell(SIGN_IN_NEEDED, errorOf(activity));
    entitle();
  };
  follow(activity, state, { begin, finish, ended, signal });
  return h(
    'li',
    {},
    h('p', { class: 'tray-name' }, icon(ICONS[activity.kind] ?? 'tag'), h('span', {}, titleOf(activity))),
    state,
  );
}

/** Plurals with more than an “s”. */
const NOUNS = { push: 'pushes', copy: 'copies', activity: 'activities' };
const TITLES = {
  download: '',
  push: 'Push of ',
  copy: 'Copy of ',
  deletion: 'Deletion of ',
  retag: 'Tag ',
  undo: 'Undo of ',
};
const titleOf = ({ kind, name, isHere, on }) =>
  `${TITLES[kind] ?? 'Clean-up of '}${name}${isHere || !on ? '' : ` on ${on.host}`}`;

const errorOf = ({ state, error, result }) => (state === 'failed' ? (error ?? result?.error) : undefined);

function ending(activity) {
  const { result } = activity;
  const advice = result?.error && explain(result.error).advice;
  const lines = [...(result?.lines ?? []), ...(advice ? [advice] : [])];
  return [
    noteOf(activity),
    lines.length > 0
      ? h(
          'ul',
          { class: 'tray-lines' },
          lines.map((line) => h('li', {}, line)),
        )
      : null,
  ].filter(Boolean);
}

function actionsOf(activity) {
  const { state, result, name, kind, isHere } = activity;
  const error = errorOf(activity);
  return [
    isHere && needsCredentials(error) ? h('button', { type: 'button', onclick: () => tell(SIGN_IN) }, 'Sign in') : null,
    isHere && error && (needsCredentials(error) || isUnexplained(error))
      ? h('a', { href: pageHref('doctor') }, 'Doctor')
      : null,
    isHere && result?.href && state !== 'failed'
      ? h('a', { href: result.href, 'aria-label': `Show ${name}` }, 'Show')
      : null,
    result?.undo
      ? button('Undo', `the ${kind} of ${name}`, ({ currentTarget }) => {
          currentTarget.nextElementSibling.focus();
          currentTarget.remove();
          result.undo();
        })
      : null,
    (state === 'failed' || state === 'cancelled') && kind !== 'undo'
      ? button('Try again', `the ${kind} of ${name}`, () => activity.repeat())
      : null,
  ];
}

const button = (caption, what, onclick) =>
  h('button', { type: 'button', class: 'quiet', 'aria-label': `${caption} ${what}`, onclick }, caption);
