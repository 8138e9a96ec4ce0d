// A clean-up's plan as an object: data that JSON can hold, and apply().

/** @import { CleanupPlan, CleanupPolicy } from '../../../pkg-template/index.js' */

/** @param {string} _ @param {unknown} value */
const readable = (_, value) => (Object.prototype.toString.call(value) === '[object RegExp]' ? String(value) : value);

/** @param {string} json @param {CleanupPolicy} policy @param {CleanupPlan['apply']} apply @returns {CleanupPlan} */
export function planOf(json, policy, apply) {
  const plan = JSON.parse(json);
  plan.policy = JSON.parse(JSON.stringify(policy, readable));
  plan.createdAt = new Date(plan.createdAt);
  for (const tag of plan.tags) {
    if (tag.created !== undefined) tag.created = new Date(tag.created);
  }
  return Object.defineProperty(plan, 'apply', { value: apply, configurable: true });
}
