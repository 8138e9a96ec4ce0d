// Parses the values of options.

import { Usage } from './usage.js';

/** @typedef {(rule: string) => Error} Refuse makes the error to throw of the rule */

/** @type {Record<string, number>} */
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Parses a whole number. */
export const whole =
  (least = 0, most = Infinity) =>
  (/** @type {string} */ text, /** @type {Refuse} */ refuse) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    const limits = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
    if (number < least || number > most) throw refuse(`a whole number ${limits} is needed`);
    return number;
  };

/**
 * Parses a duration such as "30d" into milliseconds.
 * @param {string} text
 * @param {Refuse} refuse
 */
export function duration(text, refuse) {
  const [, number, unit] = /^(\d{1,9})(ms|s|m|h|d|w)$/.exec(text) ?? [];
  if (unit === undefined) throw refuse('a duration such as 30s is needed, in ms, s, m (minutes), h, d or w');
  return Number(number) * UNITS[unit];
}

/**
 * Parses a size such as "10M". Units are powers of 1024, as in nginx and dd.
 * @param {string} text
 * @param {Refuse} refuse
 */
export function bytes(text, refuse) {
  const [, number, unit] = /^(\d{1,12})([kmg]?)$/i.exec(text) ?? [];
  const size = Number(number) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit?.toLowerCase());
  if (!(size > 0)) throw refuse('a size above 0 is needed, such as 500k, 10M or 1G');
  return size;
}

/**
 * Checks a proxy's URL. Everybody on the machine could read a password in it.
 * @param {string} text
 * @param {Refuse} refuse
 */
export function proxy(text, refuse) {
  if (text.includes('@'))
    throw refuse('put the login into HTTPS_PROXY, where others cannot read it, and use --proxy env');
  return text;
}

/** The name of an option in JavaScript. */
export const camelCase = (/** @type {string} */ name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

/**
 * Parses NAME=VALUE.
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
