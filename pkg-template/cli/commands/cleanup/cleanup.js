// `cleanup`

import { EXIT, exitFor } from '../../exit.js';
import { printOffer, printPlan, printReport } from '../../output/cleanup-print.js';
import { Stopped } from '../in-turn.js';
import { checkSave, readPlans, savePlans } from './plan-file.js';
import { areSeveral, targetsOf } from './targets.js';
import { Interrupted } from '../../interrupt.js';
import { startProgress } from '../../output/progress.js';
import { Usage } from '../../input/usage.js';
import { whole } from '../../input/values.js';

/**
 * @import { CleanupPlan, CleanupPolicy, CleanupProgress } from 'docker-registry-client-wasm'
 * @import { Command } from '../../commands.js'
 * @import { Output } from '../../output/output.js'
 * @import { SavedPlan } from './plan-file.js'
 * @import { Target } from './targets.js'
 */

const RULES =
  '--keep-newest, --keep-newer-than, --keep-tag, --keep-highest, --remove-tag, --remove-older-than, ' +
  '--remove-prereleases';

/** @type {Command} */
export const cleanup = {
  name: 'cleanup',
  usage: 'HOST/REPOSITORY…',
  takes: [1, Infinity],
  changes: true,
  summary: 'plans which tags and manifests to remove, and why; --apply removes them',
  details: `The plan removes tags that match every --remove-… option (all tags without one) and no --keep-… option.
A manifest that a kept tag, index or referrer needs is kept. TIME is an age such as 30d (s, m, h, d, w), or a date.
A saved plan can be reviewed and carried out later; whatever has changed by then is skipped.
A glob such as HOST/team/* stands for all matching repositories. Nothing is removed or saved before all plans are made.`,
  options: {
    'keep-newest': { value: 'N', read: whole(0), help: 'keeps the N newest images that --remove-… selects' },
    'keep-newer-than': { value: 'TIME', help: 'keeps images created since then' },
    'keep-tag': { value: 'GLOB', multiple: true, help: 'keeps matching tags' },
    'keep-highest': { value: 'N', read: whole(1), help: 'keeps the N highest releases that --remove-… selects' },
    'highest-per': {
      value: 'LINE',
      choices: ['all', 'major', 'minor'],
      help: '--keep-highest of all (default), of each major or of each minor version',
    },
    'remove-tag': { value: 'GLOB', multiple: true, help: 'removes only matching tags' },
    'remove-older-than': { value: 'TIME', help: 'removes only images created before then' },
    'remove-prereleases': { help: 'removes only pre-releases such as 1.2.0-rc1' },
    'keep-untagged': { help: 'keeps untagged manifests that would go with what needed them' },
    save: { value: 'FILE', help: 'writes the plan to a file; replaces nothing but a plan' },
    plan: { value: 'FILE', help: 'uses a saved plan instead of rules' },
    apply: { help: 'carries out the plan' },
    'exit-code': { help: `ends with ${EXIT.wouldChange} if there is something to remove` },
  },
  examples: [
    "cleanup localhost:5000/team/web --keep-newest 10 --keep-newer-than 30d --keep-tag 'v*'",
    "cleanup 'localhost:5000/team/*' --remove-tag 'pr-*' --remove-older-than 14d --apply",
  ],

  async run({ args, options, output, signal, connect }) {
    const { apply, save, plan: file, exitCode } = options;
    if (apply && exitCode) throw new Usage('only one of --apply and --exit-code can be given');
    const make = file === undefined ? byRules(options) : fromFile(file, options);
    if (save !== undefined) checkSave(save);
    const isOne = !areSeveral(args);
    const targets = await targetsOf(args, { connect, plans: make.plans, warn: output.warn });
    const planned = [];
    const failed = [];
    for (const target of targets) {
      try {
        planned.push({ ...target, plan: await make.plan(target, targets) });
      } catch (/** @type {any} */ error) {
        if (isOne || signal.aborted || error instanceof Usage) throw error;
        // The catalog may list repositories that have lost all their tags.
        if (target.isFound && EMPTY.includes(error.code)) continue;
        failed.push(error);
        if (output.isJson) output.item({ repository: target.place, error });
        else output.warn(`${target.place}: ${error.code}: ${error.message}`);
        continue;
      }
      print(planned[planned.length - 1], output, { isOne, apply });
    }
    const plans = planned.map(({ plan }) => plan);
    // Before the first deletion: if it is interrupted, the plan may be all that knows the rest.
    if (save !== undefined && failed.length === 0) await savePlans(save, isOne ? plans[0] : plans);
    else if (save !== undefined) output.warn('--save: nothing was saved, because not all plans could be made');
    if (apply && failed.length > 0) {
      output.error(failed[0].code, 'nothing was removed, because not all plans could be made');
      return exitFor(failed[0]);
    }
    const code = apply ? await applyAll(planned, output, isOne) : EXIT.done;
    if (failed.length > 0) return plans.length > 0 ? EXIT.partly : exitFor(failed[0]);
    if (!apply && !output.isJson) printOffer(plans, output);
    return exitCode && plans.some(removesSomething) ? EXIT.wouldChange : code;
  },
};

/** Codes of a repository that the catalog lists and that has nothing. */
const EMPTY = ['NAME_UNKNOWN', 'NOT_FOUND'];

/**
 * @typedef {Target & { plan: CleanupPlan }} Planned
 *
 * @typedef {object} Maker
 * @property {SavedPlan[]} [plans]
 * @property {(target: Target, targets: Target[]) => Promise<CleanupPlan>} plan
 */

/**
 * @param {Record<string, any>} options
 * @returns {Maker}
 */
function byRules(options) {
  const policy = policyOf(options);
  return { plan: ({ repository }) => repository.planCleanup(policy) };
}

/**
 * @param {string} file
 * @param {Record<string, any>} options
 * @returns {Maker}
 */
function fromFile(file, options) {
  const rule = Object.keys(options).find((name) => /^(keep|highest|remove)/.test(name));
  if (rule !== undefined || options.save !== undefined)
    throw new Usage('--plan: a saved plan has its rules, so no other rule and no --save can be given');
  const plans = readPlans(file);
  return {
    plans,
    async plan({ repository, registry, place }, targets) {
      // With one plan and one target, let the client explain a mismatch.
      const isOnly = plans.length === 1 && targets.length === 1;
      const isFor = (/** @type {SavedPlan} */ plan) =>
        plan.repository === repository.name && plan.registry === registry;
      const plan = isOnly ? plans[0] : plans.find(isFor);
      if (!plan) throw new Usage(`--plan: the file has no plan for ${place}`);
      return repository.loadCleanupPlan(plan);
    },
  };
}

/** @param {CleanupPlan} plan */
const removesSomething = ({ tags, digests }) => [...tags, ...digests].some(({ action }) => action === 'remove');

/**
 * @param {Planned} planned
 * @param {Output} output
 * @param {{ isOne: boolean, apply?: boolean }} options
 */
function print({ plan, place }, output, { isOne, apply }) {
  if (output.isJson) {
    // With --apply, the report follows beside it.
    if (!apply) isOne ? output.json(plan) : output.item(plan);
    return;
  }
  if (!isOne) output.line(place, 'bold');
  printPlan(plan, output);
  if (!isOne) output.line();
}

/**
 * @param {Planned[]} planned
 * @param {Output} output
 * @param {boolean} isOne
 */
async function applyAll(planned, output, isOne) {
  let isPartly = false;
  for (const [index, { plan, place }] of planned.entries()) {
    const report = await carriedOut(plan, output).catch((error) => {
      throw isOne ? error : stoppedAt(error, index, planned);
    });
    isPartly ||= report.failed.length + report.remaining.length + report.skipped.length > 0;
    if (output.isJson) isOne ? output.json({ plan, report }) : output.item({ plan, report });
    else {
      if (!isOne) output.line(place, 'bold');
      printReport(report, output);
    }
  }
  return isPartly ? EXIT.partly : EXIT.done;
}

/**
 * Says of which repositories the clean-up is done.
 * @param {any} error
 * @param {number} index
 * @param {Planned[]} planned
 */
function stoppedAt(error, index, planned) {
  const places = planned.map(({ place }) => place);
  const { cause = error, done = [], remaining = [] } = error instanceof Stopped ? error : {};
  const { place } = planned[index];
  const within = (/** @type {string[]} */ list) =>
    list.map((what) => `${place}${what.includes(':') ? '@' : ':'}${what}`);
  return new Stopped(cause, {
    done: [...places.slice(0, index), ...within(done)],
    remaining: [...(remaining.length > 0 ? within(remaining) : [place]), ...places.slice(index + 1)],
  });
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
    if (done.length === 0 && !(cause instanceof Interrupted)) throw cause;
    const names = [...plan.tags, ...plan.digests].filter(({ action }) => action === 'remove');
    const remaining = names.map((one) => ('tag' in one ? one.tag : one.digest)).filter((what) => !done.includes(what));
    throw new Stopped(cause, { done, remaining });
  } finally {
    progress.end();
  }
}
