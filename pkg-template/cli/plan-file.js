// Saves and reads clean-up plans.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { Usage } from './usage.js';

const THERE = '--save: the file exists';

/** Checked before the plan is made, which takes time. */
export function checkNew(file) {
  if (existsSync(file)) throw new Usage(THERE);
}

export function savePlan(file, plan) {
  try {
    writeFileSync(file, `${JSON.stringify(plan, undefined, 2)}\n`, { flag: 'wx' });
  } catch ({ code }) {
    throw new Usage(code === 'EEXIST' ? THERE : `--save: the file cannot be written: ${code}`);
  }
}

export function readPlan(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch ({ code }) {
    throw new Usage(`--plan: the file cannot be read: ${code}`);
  }
}
