// Saves and reads clean-up plans: one plan, or an array of the plans for several repositories.

import { accessSync, constants, lstatSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { Usage } from '../../input/usage.js';
import { writeWhole } from '../../output/files.js';

/** @typedef {Record<string, unknown> & { repository: string }} SavedPlan */

/**
 * Refuses a file that cannot be replaced, before the plans are made, which takes time. A plan can be: so a command with
 * --save can be run again.
 * @param {string} file
 */
export function checkSave(file) {
  let text;
  try {
    // Saving would replace a symbolic link itself, not its target.
    text = textOf(file, { found: lstatSync(file), option: '--save' });
  } catch (/** @type {any} */ error) {
    if (error instanceof Usage) throw error;
    const { code } = error;
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
export const savePlans = (file, plans) =>
  writeWhole(file, [Buffer.from(`${JSON.stringify(plans, undefined, 2)}\n`)], { overwrite: true });

/**
 * Reads a regular file. A pipe is refused, because reading it could block.
 * @param {string} file
 * @param {{ found: import('node:fs').Stats, option: string }} options
 */
function textOf(file, { found, option }) {
  if (!found.isFile()) throw new Usage(`${option}: it is no regular file`);
  return readFileSync(file, 'utf8');
}

/**
 * Reads the plans of a file, without checking them.
 * @param {string} file
 */
export function readPlans(file) {
  let text;
  try {
    text = textOf(file, { found: statSync(file), option: '--plan' });
  } catch (/** @type {any} */ error) {
    if (error instanceof Usage) throw error;
    throw new Usage(`--plan: the file cannot be read: ${error.code}`);
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
