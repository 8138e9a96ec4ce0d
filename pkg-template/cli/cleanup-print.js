// Prints the plan and the report of a clean-up for people.

import { counted, minute, shortDigest, size } from './format.js';
import { printTable } from './table.js';

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

const isRemoved = ({ action }) => action === 'remove';
const COLUMNS = [
  { title: 'PLAN' },
  { title: 'TAG' },
  { title: 'DIGEST' },
  { title: 'CREATED' },
  { title: 'SIZE', isRight: true },
  { title: 'WHY' },
];

/** Prints all tags, those to remove first, then the untagged manifests to remove. */
export function printPlan({ policy, tags, digests, freed }, output, { apply }) {
  const isAnyTag = policy.remove?.tags?.includes('*');
  const rules = isAnyTag ? { ...OPTIONS, 'remove.tags': 'no rule keeps it' } : OPTIONS;
  const sorted = [...tags.filter(isRemoved), ...tags.filter((tag) => !isRemoved(tag))];
  const untagged = digests.filter((digest) => isRemoved(digest) && digest.tags.length === 0);
  const row = ({ action, tag, digest, created, size: bytes, reasons }) => [
    action,
    tag,
    digest && shortDigest(digest),
    minute(created),
    bytes === undefined ? '' : size(bytes),
    reasons.map((reason) => rules[reason] ?? reason).join('; '),
  ];
  printTable(output, COLUMNS, [...sorted, ...untagged].map(row));
  if (apply) return;
  const count = (list, noun) => counted(list.filter(isRemoved).length, noun);
  const counts = `${count(tags, 'tag')} and ${count(digests, 'manifest')}`;
  output.note(`Nothing was changed. --apply removes ${counts} (${size(freed)}).`);
}

export function printReport({ removed, skipped, failed, remaining }, output) {
  const digests = removed.filter((what) => what.includes(':'));
  const tags = removed.filter((what) => !what.includes(':'));
  output.line();
  output.line(`Removed: ${counted(tags.length, 'tag')} and ${counted(digests.length, 'manifest')}.`);
  for (const { what, why } of skipped) output.line(`Skipped: ${what}: ${why}`);
  for (const { what, error } of failed) output.line(`Failed: ${what}: ${error.code}: ${error.message}`);
  for (const what of remaining) output.line(`Remaining: ${what}`);
}
