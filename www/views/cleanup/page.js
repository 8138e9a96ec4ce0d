// Cleaning up a repository: rules, the plan with its reasons, and what became of it.

import { announce, h } from '../../dom.js';
import { bytes, plural } from '../../text/format.js';
import { cleanupOf } from '../../model/cleanup.js';
import { errorBox, emptyBox, part } from '../../ui/part.js';
import { notOffered, pageHead } from '../forms.js';
import { applyForm } from './apply.js';
import { planView } from './plan.js';
import { rulesForm } from './rules.js';

export function cleanupView({ session, route, signal }) {
  const repository = session.client.repository(route.name ?? '');
  const { name } = repository;
  const state = cleanupOf(session, name);
  const result = h('div', { class: 'stack' });
  const reason = notOffered(session);

  const show = (plan) => {
    state.plan = plan;
    result.replaceChildren(
      planView({ session, name, plan, signal }),
      applyForm({
        session,
        name,
        state,
        signal,
        again: () => {
          state.plan = state.activity = undefined;
          result.replaceChildren();
          element.querySelector('form button[type=submit]').focus();
        },
      }),
    );
  };
  const make = (policy) => {
    state.activity = undefined;
    result.replaceChildren(planning({ repository, policy, signal, show, cancelled: () => result.replaceChildren() }));
  };
  const load = async (file) => {
    state.activity = undefined;
    try {
      show(await repository.loadCleanupPlan(await file.text()));
      announce('The plan was loaded');
    } catch (error) {
      if (!signal.aborted) result.replaceChildren(errorBox(error));
    }
  };

  const element = h(
    'div',
    { class: 'view' },
    pageHead(
      session,
      'Clean up',
      'Plans which tags and manifests to remove, and why. Nothing is removed before you apply the plan.',
      name,
    ),
    reason ? emptyBox(reason) : [rulesForm({ rules: (state.rules ??= {}), make, load }), result],
  );
  if (!reason && state.plan) show(state.plan);
  return { element, title: `Clean up ${name}` };
}

/** Reads the repository; each tag takes a request or two. */
function planning({ repository, policy, signal, show, cancelled }) {
  const controller = new AbortController();
  const ending = AbortSignal.any([signal, controller.signal]);
  const figure = h('p', { class: 'muted', role: 'status' });
  const cancel = h(
    'button',
    {
      type: 'button',
      onclick: () => {
        controller.abort();
        cancelled();
      },
    },
    'Cancel',
  );
  const progress = h('div', { class: 'block planning' }, h('div', { class: 'title-line' }, figure, cancel));
  const onProgress = ({ done, total }) => {
    figure.textContent = total ? `Read ${done} of ${plural(total, 'tag or manifest', 'tags and manifests')}` : '';
  };
  const reading = part({
    signal: ending,
    lines: 6,
    label: 'Reading the repository',
    work: async () => {
      progress.hidden = false;
      try {
        return await repository.planCleanup(policy, { signal: ending, onProgress });
      } finally {
        progress.hidden = true;
      }
    },
    render: (plan) => {
      announce(`The plan is made: ${removedOf(plan)}, ${bytes(plan.freed)} freed`);
      show(plan);
    },
  });
  return h('div', { class: 'stack' }, progress, reading);
}

const removedOf = ({ tags }) => plural(tags.filter(({ action }) => action === 'remove').length, 'tag');
