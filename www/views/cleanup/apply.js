// Carrying out a plan: after the name of the repository is typed, and then the report.

import { h } from '../../dom.js';
import { explain } from '../../errors.js';
import { plural } from '../../text/format.js';
import { applyPlan } from '../../model/activities/cleanup.js';
import { follow, noteOf, progressOf } from '../../ui/tray/activity.js';
import { errorBox } from '../../ui/part.js';
import { field, nameInput } from '../forms.js';

/** `state`: the plan and, once it is applied, the activity. `again()`: begins anew. */
export function applyForm({ session, name, state, signal, again }) {
  const element = h('div', { class: 'stack' });
  const show = () => element.replaceChildren(state.activity ? applied({ state, signal, again }) : confirmation(start));
  const start = () => {
    state.activity = applyPlan({ session, name, plan: state.plan });
    show();
    element.querySelector('button')?.focus();
  };
  const confirmation = (onApply) => {
    const removed = [...state.plan.tags, ...state.plan.digests].filter(({ action }) => action === 'remove');
    if (removed.length === 0) return h('p', { class: 'muted' }, 'This plan removes nothing.');
    const typed = nameInput('confirm-name', {
      placeholder: name,
      oninput: () => {
        button.disabled = typed.value.trim() !== name;
      },
    });
    const button = h('button', { type: 'submit', class: 'danger', disabled: true }, 'Remove');
    const tags = removed.filter(({ tag }) => tag !== undefined).length;
    return h(
      'form',
      {
        class: 'block confirm',
        onsubmit: (event) => {
          event.preventDefault();
          if (!button.disabled) onApply();
        },
      },
      h('h2', {}, 'Apply the plan'),
      h(
        'p',
        {},
        `This removes ${plural(tags, 'tag')} and ${plural(removed.length - tags, 'manifest')} of ${name}. It cannot be undone.`,
      ),
      h('div', { class: 'inline' }, field(`Type ${name} to confirm`, typed), button),
    );
  };
  show();
  return element;
}

function applied({ state: { activity }, signal, again }) {
  const body = h('div', { class: 'block' });
  const begin = () => {
    const { element, update, cancel } = progressOf(activity, activity.name);
    body.replaceChildren(h('h2', {}, 'Removing…'), h('div', { class: 'tray-state' }, element, cancel));
    return update;
  };
  const finish = () => {
    const title = h('h2', { tabindex: -1 }, 'Report');
    body.replaceChildren(
      title,
      activity.error ? errorBox(activity.error) : noteOf(activity),
      ...[activity.result?.report && reportView(activity.result.report)].filter(Boolean),
      h('div', { class: 'actions' }, h('button', { type: 'button', onclick: again }, 'Make another plan')),
    );
    return title;
  };
  follow(activity, body, { begin, finish, signal });
  return body;
}

function reportView({ removed, kept, skipped, failed, remaining }) {
  return h(
    'div',
    { class: 'stack' },
    listOf(
      'Failed',
      failed.map(({ what, error }) => [what, `${error.code}: ${explain(error).message}`]),
      true,
    ),
    listOf(
      'Not tried after a failure',
      remaining.map((what) => [what]),
    ),
    listOf(
      'Skipped, because they changed',
      skipped.map(({ what, why }) => [what, why]),
    ),
    listOf(
      'Removed',
      tagsFirst(removed).map((what) => [what]),
    ),
    h('p', { class: 'muted' }, `${plural(kept.length, 'tag or manifest', 'tags and manifests')} kept.`),
  );
}

/** Only digests contain a colon. */
const tagsFirst = (items) => [...items].sort((one, other) => one.includes(':') - other.includes(':'));

/** Long lists are closed at first. */
function listOf(title, items, isOpen = items.length <= 20) {
  if (items.length === 0) return null;
  return h(
    'details',
    { class: 'report', open: isOpen },
    h('summary', {}, `${title}: ${items.length}`),
    h(
      'ul',
      {},
      items.map(([what, why]) =>
        h('li', {}, h('code', {}, what), why ? h('span', { class: 'muted' }, ` ${why}`) : null),
      ),
    ),
  );
}
