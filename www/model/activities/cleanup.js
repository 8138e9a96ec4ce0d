// The clean-up of a repository, kept while somebody looks at something else: the rules, the plan, and what became of it.

import { explain } from '../../errors.js';
import { pageHref } from '../../router.js';
import { plural } from '../../text/format.js';
import { changeKey, startActivity } from './activities.js';
import { draftOf } from './drafts.js';

/** `{ rules, plan, policy, activity }` of a repository; `policy`: what the plan was made with, as JSON. */
export const cleanupOf = (session, name) => draftOf(session, `clean-up ${name}`);

/** Carries out a plan. The package reads the repository again first, and skips what has changed. */
export function applyPlan({ session, name, plan }) {
  const saved = JSON.stringify(plan);
  return startActivity(changeKey(), {
    kind: 'clean-up',
    on: session,
    name,
    unit: 'items',
    run: async ({ signal, report }) => {
      const { current } = session;
      // The plan of an earlier sign-in has that one's login.
      const loaded = await current.client.repository(name).loadCleanupPlan(saved);
      try {
        const done = await loaded.apply({
          signal,
          onProgress: ({ done: loaded, total: size }) => report({ loaded, size }),
        });
        return resultOf(name, done);
      } finally {
        current.changed(name);
      }
    },
  });
}

function resultOf(name, report) {
  const { removed, skipped, failed, remaining } = report;
  const parts = [
    `${removed.length} removed`,
    skipped.length > 0 && `${skipped.length} skipped`,
    failed.length > 0 && `${plural(failed.length, 'failure')}`,
    remaining.length > 0 && `${remaining.length} not tried`,
  ].filter(Boolean);
  return {
    text: parts.join(', '),
    isGood: failed.length === 0 && remaining.length === 0,
    isFailed: failed.length > 0,
    error: failed[0]?.error,
    lines: failed.slice(0, 3).map(({ what, error }) => `${what}: ${explain(error).message}`),
    href: pageHref('cleanup', name),
    report,
  };
}
