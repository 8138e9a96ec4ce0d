// Prints the plan and the report of a clean-up for people.

import { counted, minute, shortDigest, size } from './format.js';
import { printTable } from './table.js';

/**
 * @import { CleanupPlan, CleanupReport, PlannedDigest, PlannedTag } from 'docker-registry-client-wasm'
 * @import { Output } from './output.js'
 * @typedef {Partial<PlannedTag> & Partial<PlannedDigest> & Pick<PlannedTag, 'action' | 'reasons'>} Planned
 */

/** The options that set the rules of a policy. */
const OPTIONS = {
  'keep.newest': '--keep-newest',
  'keep.newerThan': '--keep-newer-than',
  'keep.tags': '--keep-tag',
  'keep.semver.highest': '--keep-highest',
  'remove.tags': '--remove-tag',
  'remove.olderThan': '--remove-older-than',
  'remove.prerelease': '--remove-prereleases',
};

/** @param {{ action: string }} planned */
const isRemoved = ({ action }) => action === 'remove';
/** @type {import('./table.js').Column[]} */
const COLUMNS = [
  { title: 'PLAN', color: (action) => (action === 'remove' ? 'red' : 'green') },
  { title: 'TAG' },
  { title: 'DIGEST' },
  { title: 'CREATED' },
  { title: 'SIZE', isRight: true },
  { title: 'WHY' },
];

/**
 * Prints all tags, those to remove first, then the untagged manifests to remove.
 * @param {CleanupPlan} plan
 * @param {Output} output
 */
export function printPlan({ policy, tags, digests }, output) {
  const isAnyTag = /** @type {{ remove?: { tags?: string[] } }} */ (policy).remove?.tags?.includes('*');
  /** @type {Record<string, string>} */
  const rules = isAnyTag ? { ...OPTIONS, 'remove.tags': 'no rule keeps it' } : OPTIONS;
  const sorted = [...tags.filter(isRemoved), ...tags.filter((tag) => !isRemoved(tag))];
  const untagged = digests.filter((digest) => isRemoved(digest) && digest.tags.length === 0);
  /** @param {Planned} planned */
  const row = ({ action, tag, digest, created, size: bytes, reasons }) => [
    action,
    tag,
    digest && shortDigest(digest),
    minute(created),
    bytes === undefined ? '' : size(bytes),
    reasons.map((reason) => rules[reason] ?? reason).join('; '),
  ];
  printTable(output, COLUMNS, [...sorted, ...untagged].map(row));
}

/**
 * Says what --apply would do.
 * @param {CleanupPlan[]} plans
 * @param {Output} output
 */
export function printOffer(plans, output) {
  const removed = (/** @type {'tags' | 'digests'} */ part) =>
    plans.flatMap((plan) => plan[part].filter(isRemoved)).length;
  const freed = plans.reduce((sum, plan) => sum + plan.freed, 0);
  const counts = `${counted(removed('tags'), 'tag')} and ${counted(removed('digests'), 'manifest')}`;
  output.note(`Nothing was changed. --apply removes ${counts} (${size(freed)}).`);
}

/**
 * @param {CleanupReport} report
 * @param {Output} output
 */
export function printReport({ removed, skipped, failed, remaining }, output) {
  const digests = removed.filter((what) => what.includes(':'));
  const tags = removed.filter((what) => !what.includes(':'));
  output.line();
  // The report does not tell what was gone before.
  output.line(`Gone: ${counted(tags.length, 'tag')} and ${counted(digests.length, 'manifest')}.`);
  for (const { what, why } of skipped) output.line(`Skipped: ${what}: ${why}`);
  for (const { what, error } of failed) output.line(`Failed: ${what}: ${error.code}: ${error.message}`);
  for (const what of remaining) output.line(`Remaining: ${what}`);
}
