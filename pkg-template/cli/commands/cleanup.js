// `cleanup`

import { EXIT } from '../exit.js';
import { printPlan, printReport } from '../output/cleanup-print.js';
import { Stopped } from './in-turn.js';
import { checkNew, readPlan, savePlan } from './plan-file.js';
import { startProgress } from '../output/progress.js';
import { parseRepository } from '../input/reference.js';
import { Usage } from '../input/usage.js';
import { whole } from '../input/values.js';

/**
 * @import { CleanupPlan, CleanupPolicy, CleanupProgress, Repository } from 'docker-registry-client-wasm'
 * @import { Command } from '../commands.js'
 * @import { Output } from '../output/output.js'
 */

const RULES =
  '--keep-newest, --keep-newer-than, --keep-tag, --keep-highest, --remove-tag, --remove-older-than, ' +
  '--remove-prereleases';

/** @type {Command} */
export const cleanup = {
  name: 'cleanup',
  usage: 'HOST/REPOSITORY',
  takes: [1, 1],
  changes: true,
  summary: 'plans which tags and manifests to remove, and why; --apply removes them',
  details: `The plan removes tags that match every --remove-… option (all tags without one) and no --keep-… option.
A manifest that a kept tag, index or referrer needs is kept. TIME is an age such as 30d (s, m, h, d, w), or a date.
A saved plan can be reviewed and carried out later; whatever has changed by then is skipped.`,
  options: {
    'keep-newest': { value: 'N', read: whole(0), help: 'keeps this many images, the newest' },
    'keep-newer-than': { value: 'TIME', help: 'keeps images created since then' },
    'keep-tag': { value: 'GLOB', multiple: true, help: 'keeps matching tags' },
    'keep-highest': { value: 'N', read: whole(1), help: 'keeps this many of the highest released versions' },
    'highest-per': {
      value: 'LINE',
      choices: ['all', 'major', 'minor'],
      help: '--keep-highest of all (default), of each major or of each minor version',
    },
    'remove-tag': { value: 'GLOB', multiple: true, help: 'removes only matching tags' },
    'remove-older-than': { value: 'TIME', help: 'removes only images created before then' },
    'remove-prereleases': { help: 'removes only pre-releases such as 1.2.0-rc1' },
    'keep-untagged': { help: 'keeps untagged manifests that would go with what needed them' },
    save: { value: 'FILE', help: 'writes the plan to a new file' },
    plan: { value: 'FILE', help: 'uses a saved plan instead of rules' },
    apply: { help: 'carries out the plan' },
  },
  examples: ["cleanup localhost:5000/team/web --keep-newest 10 --keep-newer-than 30d --keep-tag 'v*'"],

  async run({ args: [text], options, output, connect }) {
    const { host, name } = await parseRepository(text);
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

/**
 * Loads the saved plan, or makes a new one.
 * @param {Record<string, any>} options
 * @param {() => Promise<Repository>} connected
 */
async function planOf({ plan: file, save, ...options }, connected) {
  if (file !== undefined) {
    const rule = Object.keys(options).find((name) => /^(keep|highest|remove)/.test(name));
    if (rule !== undefined || save !== undefined)
      throw new Usage('--plan: a saved plan has its rules, so no other rule and no --save can be given');
    const text = readPlan(file);
    return (await connected()).loadCleanupPlan(text);
  }
  const policy = policyOf(options);
  if (save !== undefined) checkNew(save);
  const plan = await (await connected()).planCleanup(policy);
  if (save !== undefined) savePlan(save, plan);
  return plan;
}

/**
 * @param {Record<string, any>} options
 * @returns {CleanupPolicy}
 */
function policyOf(options) {
  const { keepNewest: newest, keepNewerThan: newerThan, keepTag: tags, keepHighest: highest } = options;
  const { highestPer: per } = options;
  if (per !== undefined && highest === undefined) throw new Usage('--highest-per needs --keep-highest');
  const { removeTag, removeOlderThan: olderThan, removePrereleases: prerelease } = options;
  const semver = highest === undefined ? undefined : given({ highest, per });
  const keep = given({ newest, newerThan, tags, semver });
  const remove = given({ tags: removeTag, olderThan, prerelease });
  const isSelected = Object.keys(remove).length > 0;
  // Without a rule the plan would remove everything, which nobody means.
  if (!isSelected && Object.keys(keep).length === 0) throw new Usage(`a rule is needed: ${RULES}`);
  return { keep, remove: isSelected ? remove : { tags: ['*'] }, untagged: !options.keepUntagged };
}

/** @param {object} object */
const given = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

/**
 * @param {CleanupPlan} plan
 * @param {Output} output
 */
async function carriedOut(plan, output) {
  const progress = startProgress('removing', output);
  /** @type {Map<string, string>} */
  const told = new Map();
  /** @param {CleanupProgress} progress */
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
    const remaining = names.map((one) => ('tag' in one ? one.tag : one.digest)).filter((what) => !done.includes(what));
    throw new Stopped(cause, { done, remaining });
  } finally {
    progress.end();
  }
}
