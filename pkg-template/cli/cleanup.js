// `cleanup`

import { EXIT } from './failure.js';
import { counted, minute, shortDigest, size } from './format.js';
import { startProgress } from './progress.js';
import { parseRepository } from './reference.js';
import { printTable } from './table.js';
import { Usage } from './usage.js';
import { oneOf, whole } from './values.js';

const RULES = '--keep-newest, --keep-newer-than, --keep-tag, --keep-highest, --remove-tag, --remove-older-than, --remove-prereleases';

export const cleanup = {
  usage: 'HOST/REPOSITORY',
  takes: [1, 1],
  changes: true,
  summary: 'shows which tags and manifests would go, and why; with --apply they go',
  details: `What goes is what all of --remove-… select (without any: all tags) and none of --keep-… keeps.
A manifest that a kept tag, index or referrer needs stays. TIME: 30d ago (s, m, h, d, w), or a date.`,
  options: {
    'keep-newest': { value: 'N', read: whole(0), help: 'so many images, those made last' },
    'keep-newer-than': { value: 'TIME', help: 'what was made since' },
    'keep-tag': { value: 'GLOB', multiple: true, help: 'these tags' },
    'keep-highest': { value: 'N', read: whole(1), help: 'so many of the highest released versions' },
    'highest-per': {
      value: 'LINE',
      read: oneOf('all', 'major', 'minor'),
      help: 'of all (default), each major or each minor version',
    },
    'remove-tag': { value: 'GLOB', multiple: true, help: 'only these tags' },
    'remove-older-than': { value: 'TIME', help: 'only what was made before' },
    'remove-prereleases': { help: 'only versions such as 1.2.0-rc1' },
    'keep-untagged': { help: 'leaves manifests without a tag that would go with what needed them' },
    apply: { help: 'carries the plan out' },
  },
  examples: ["cleanup localhost:5000/team/web --keep-newest 10 --keep-newer-than 30d --keep-tag 'v*'"],

  async run({ args: [text], options, output, connect }) {
    const { host, name } = parseRepository(text);
    const policy = policyOf(options);
    const plan = await (await connect(host)).repository(name).planCleanup(policy);
    if (!options.apply) {
      if (output.isJson) output.json(plan);
      else printPlan(plan, output, options);
      return EXIT.done;
    }
    if (!output.isJson) printPlan(plan, output, options);
    const report = await carriedOut(plan, output);
    if (output.isJson) output.json({ plan, report });
    else printReport(report, output);
    return report.failed.length + report.remaining.length + report.skipped.length > 0 ? EXIT.partly : EXIT.done;
  },
};

function policyOf(options) {
  const { keepNewest: newest, keepNewerThan: newerThan, keepTag: tags, keepHighest: highest, highestPer: per } = options;
  if (per !== undefined && highest === undefined) throw new Usage('--highest-per: it needs --keep-highest');
  const { removeTag, removeOlderThan: olderThan, removePrereleases: prerelease } = options;
  const semver = highest === undefined ? undefined : given({ highest, per });
  const keep = given({ newest, newerThan, tags, semver });
  const remove = given({ tags: removeTag, olderThan, prerelease });
  const isSelected = Object.keys(remove).length > 0;
  // Without a word about it nobody wants to lose everything.
  if (!isSelected && Object.keys(keep).length === 0) throw new Usage(`what to keep or to remove? ${RULES}`);
  return { keep, remove: isSelected ? remove : { tags: ['*'] }, untagged: !options.keepUntagged };
}

const given = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

async function carriedOut(plan, output) {
  const progress = startProgress('removing', output);
  try {
    return await plan.apply({ onProgress: ({ done, total }) => progress.update(done, total) });
  } finally {
    progress.end();
  }
}

// ───────────── For people

/** The rules of a policy as they are called here. */
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

/** All tags, what goes first; then the manifests without a tag that go. */
function printPlan({ tags, digests, freed }, output, { apply, removeTag }) {
  const rules = removeTag ? OPTIONS : { ...OPTIONS, 'remove.tags': 'nothing keeps it' };
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
  const counts = `${counted(tags.filter(isRemoved).length, 'tag')} and ${counted(digests.filter(isRemoved).length, 'manifest')}`;
  if (!apply) output.note(`Nothing was changed. --apply removes ${counts}, ${size(freed)}.`);
}

function printReport({ removed, skipped, failed, remaining }, output) {
  const digests = removed.filter((what) => what.includes(':'));
  const tags = removed.filter((what) => !what.includes(':'));
  output.line();
  output.line(`Removed: ${counted(tags.length, 'tag')} and ${counted(digests.length, 'manifest')}.`);
  for (const { what, why } of skipped) output.line(`Left alone: ${what}: ${why}`);
  for (const { what, error } of failed) output.line(`Failed: ${what}: ${error.code}: ${error.message}`);
  for (const what of remaining) output.line(`Remains: ${what}`);
}
