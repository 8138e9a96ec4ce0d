// Cleaning up a repository: rules, the plan with its reasons, and what became of it.

import { announce, h } from '../../dom.js';
import { bytes, plural } from '../../text/format.js';
import { cleanupOf } from '../../model/activities/cleanup.js';
import { errorBox, emptyBox, part } from '../../ui/part.js';
import { notOffered, pageHead } from '../forms.js';
import { applyForm } from './apply.js';
import { planView } from './plan.js';
import { policyOf, rulesForm } from './rules.js';

const BUSY = 'A clean-up of this repository is under way. Cancel it, or wait for its end.';

export function cleanupView({ session, route, signal }) {
  const repository = session.client.repository(route.name ?? '');
  const { name } = repository;
  const state = cleanupOf(session, name);
  const result = h('div', { class: 'stack' });
  const reason = notOffered(session);

  const outdated = h('p', { class: 'notice warn', hidden: true }, 'The rules were changed since. Make a plan again.');
  let applying;
  const edited = (policy) => {
    outdated.hidden =
      state.policy === undefined || state.activity !== undefined || state.policy === JSON.stringify(policy);
    if (applying) applying.hidden = !outdated.hidden;
  };
  const show = (plan) => {
    state.plan = plan;
    const again = () => {
      begin();
      result.replaceChildren();
      element.querySelector('form button[type=submit]').focus();
    };
    applying = applyForm({ session, name, state, signal, again });
    result.replaceChildren(planView({ session, name, plan, signal }), outdated, applying);
    edited(policyOf(state.rules));
  };
  /** A plan that takes longer must not take the place of one that was asked for later. */
  let making;
  const begin = () => {
    making?.abort();
    making = new AbortController();
    state.plan = state.policy = state.activity = undefined;
    return AbortSignal.any([signal, making.signal]);
  };
  const make = (policy) => {
    if (isBusy()) return;
    const ending = begin();
    state.policy = JSON.stringify(policy);
    const cancel = () => {
      making.abort();
      result.replaceChildren();
    };
    result.replaceChildren(planning({ repository, policy, ending, show, cancel }));
  };
  const load = async (file) => {
    if (isBusy()) return;
    const ending = begin();
    try {
      const plan = await repository.loadCleanupPlan(await file.text());
      if (ending.aborted) return;
      show(plan);
      announce('The plan was loaded');
    } catch (error) {
      if (!ending.aborted) result.replaceChildren(errorBox(error));
    }
  };
  const busy = h('p', { class: 'notice warn', hidden: true }, BUSY);
  const isBusy = () => {
    const { activity } = state;
    const follow = () => {
      busy.hidden = activity?.state !== 'running';
    };
    follow();
    if (busy.hidden) return false;
    announce(BUSY);
    activity.addEventListener('change', follow, { signal });
    return true;
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
    reason ? emptyBox(reason) : [rulesForm({ rules: (state.rules ??= {}), edited, make, load }), busy, result],
  );
  if (!reason && state.plan) show(state.plan);
  return { element, title: `Clean up ${name}` };
}

/** Reads the repository; each tag takes a request or two. */
function planning({ repository, policy, ending, show, cancel }) {
  const figure = h('p', { class: 'muted', role: 'status' });
  const button = h('button', { type: 'button', onclick: cancel }, 'Cancel');
  const progress = h('div', { class: 'block planning' }, h('div', { class: 'title-line' }, figure, button));
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
