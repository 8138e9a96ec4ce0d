// Saves and reads clean-up plans: one plan, or an array of the plans for several repositories.

import { accessSync, constants, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { Usage } from '../../input/usage.js';

/** @typedef {Record<string, unknown> & { repository: string }} SavedPlan */

/**
 * Refuses a file that cannot be replaced, before the plans are made, which takes time. A plan can be: so a command with
 * --save can be run again.
 * @param {string} file
 */
export function checkSave(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (/** @type {any} */ { code }) {
    if (code === 'ENOENT') return checkFolder(dirname(file));
    throw new Usage(`--save: the file cannot be written: ${code}`);
  }
  if (plansIn(text) === undefined) throw new Usage('--save: the file exists, and it is no clean-up plan');
}

/** @param {string} folder */
function checkFolder(folder) {
  try {
    accessSync(folder, constants.W_OK);
  } catch (/** @type {any} */ { code }) {
    throw new Usage(`--save: the file cannot be written: ${code}`);
  }
}

/**
 * @param {string} file
 * @param {unknown} plans
 */
export function savePlans(file, plans) {
  const draft = `${file}.new`;
  try {
    writeFileSync(draft, `${JSON.stringify(plans, undefined, 2)}\n`);
    renameSync(draft, file);
  } catch (/** @type {any} */ { code }) {
    rmSync(draft, { force: true });
    throw new Usage(`--save: the file cannot be written: ${code}`);
  }
}

/**
 * Reads the plans of a file, without checking them.
 * @param {string} file
 */
export function readPlans(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (/** @type {any} */ { code }) {
    throw new Usage(`--plan: the file cannot be read: ${code}`);
  }
  const plans = plansIn(text);
  if (plans === undefined) throw new Usage('--plan: the file is no clean-up plan');
  return plans;
}

/**
 * @param {string} text
 * @returns {SavedPlan[] | undefined}
 */
function plansIn(text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  const plans = Array.isArray(content) ? content : [content];
  const isPlan = (/** @type {any} */ plan) => typeof plan?.repository === 'string' && typeof plan.policy === 'object';
  return plans.every(isPlan) ? plans : undefined;
}
