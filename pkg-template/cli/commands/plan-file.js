// Saves and reads clean-up plans.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { Usage } from '../input/usage.js';

const THERE = '--save: the file exists';

/**
 * Checked before the plan is made, which takes time.
 * @param {string} file
 */
export function checkNew(file) {
  if (existsSync(file)) throw new Usage(THERE);
}

/**
 * @param {string} file
 * @param {unknown} plan
 */
export function savePlan(file, plan) {
  try {
    writeFileSync(file, `${JSON.stringify(plan, undefined, 2)}\n`, { flag: 'wx' });
  } catch (/** @type {any} */ { code }) {
    throw new Usage(code === 'EEXIST' ? THERE : `--save: the file cannot be written: ${code}`);
  }
}

/** @param {string} file */
export function readPlan(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (/** @type {any} */ { code }) {
    throw new Usage(`--plan: the file cannot be read: ${code}`);
  }
}
