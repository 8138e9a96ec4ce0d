// `cleanup`

import { EXIT } from './failure.js';
import { printPlan, printReport } from './cleanup-print.js';
import { Stopped } from './in-turn.js';
import { checkNew, readPlan, savePlan } from './plan-file.js';
import { startProgress } from './progress.js';
import { parseRepository } from './reference.js';
import { Usage } from './usage.js';
import { oneOf, whole } from './values.js';

const RULES =
  '--keep-newest, --keep-newer-than, --keep-tag, --keep-highest, --remove-tag, --remove-older-than, ' +
  '--remove-prereleases';

export const cleanup = {
  usage: 'HOST/REPOSITORY',
  takes: [1, 1],
  changes: true,
  summary: 'shows which tags and manifests would go, and why; with --apply they go',
  details: `What goes is what all of --remove-… select (without any: all tags) and none of --keep-… keeps.
A manifest that a kept tag, index or referrer needs stays. TIME: 30d ago (s, m, h, d, w), or a date.
A saved plan can be read, and carried out later: whatever has changed by then is left alone.`,
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
    save: { value: 'FILE', help: 'writes the plan to a new file' },
    plan: { value: 'FILE', help: 'a plan that was saved, in place of rules' },
    apply: { help: 'carries the plan out' },
  },
  examples: ["cleanup localhost:5000/team/web --keep-newest 10 --keep-newer-than 30d --keep-tag 'v*'"],

  async run({ args: [text], options, output, connect }) {
    const { host, name } = parseRepository(text);
    const plan = await planOf(options, async () => (await connect(host)).repository(name));
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

/** The plan to show: one that was saved, or a new one. */
async function planOf({ plan: file, save, ...options }, connected) {
  if (file !== undefined) {
    const rule = Object.keys(options).find((name) => /^(keep|highest|remove)/.test(name));
    if (rule !== undefined || save !== undefined) throw new Usage('--plan: it has its rules already, and is saved');
    const text = readPlan(file);
    return (await connected()).loadCleanupPlan(text);
  }
  const policy = policyOf(options);
  if (save !== undefined) checkNew(save);
  const plan = await (await connected()).planCleanup(policy);
  if (save !== undefined) savePlan(save, plan);
  return plan;
}

function policyOf(options) {
  const { keepNewest: newest, keepNewerThan: newerThan, keepTag: tags, keepHighest: highest } = options;
  const { highestPer: per } = options;
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
  const told = new Map();
  const onProgress = ({ done, total, what, outcome }) => {
    told.set(what, outcome);
    progress.update(done, total);
  };
  try {
    return await plan.apply({ onProgress });
  } catch (cause) {
    const done = [...told.keys()].filter((what) => told.get(what) === 'removed');
    if (done.length === 0) throw cause;
    const names = [...plan.tags, ...plan.digests].filter(({ action }) => action === 'remove');
    const remaining = names.map(({ tag, digest }) => tag ?? digest).filter((what) => !done.includes(what));
    throw new Stopped(cause, { done, remaining });
  } finally {
    progress.end();
  }
}
