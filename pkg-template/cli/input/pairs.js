// Parses NAME=VALUE.

import { Usage } from './usage.js';

/**
 * @param {string[]} texts
 * @param {string} option
 * @returns {Record<string, string>}
 */
export function pairs(texts, option) {
  /** @type {Map<string, string>} */
  const all = new Map();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new Usage(`${option}: NAME=VALUE is needed`);
    const name = text.slice(0, at);
    if (all.has(name)) throw new Usage(`${option}: ${JSON.stringify(name)} is given twice`);
    all.set(name, text.slice(at + 1));
  }
  // Not an assignment: the name may be __proto__.
  return Object.fromEntries(all);
}
