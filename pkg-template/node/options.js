// Reads options objects as the module itself does: only `undefined` counts as absent, and an unknown name is refused,
// because a misspelt option would silently do nothing.

import { RegistryError } from '../classes.js';

/** @param {string} message */
export const refusal = (message) => new RegistryError('INVALID_ARGUMENT', message);

/**
 * Returns the value if it is an object with names. `place` names it in the message.
 * @param {unknown} value
 * @param {string} place its name in messages
 * @returns {Record<string, any>}
 */
export function object(value, place = 'options') {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw refusal(`${place}: an object is needed`);
}

/**
 * Returns the options, which may have only these names.
 * @param {object | undefined} options
 * @param {string[]} known
 * @returns {Record<string, any>}
 */
export function checkNames(options = {}, known) {
  for (const name of Object.keys(object(options))) {
    if (!known.includes(name)) throw refusal(`options.${name}: there is no such option; ${hint(name, known)}`);
  }
  return options;
}

/**
 * Returns the option's value, which has this type or is undefined.
 * @template {'string' | 'boolean'} T
 * @param {Record<string, any>} options
 * @param {string} name
 * @param {T} type
 * @returns {(T extends 'string' ? string : boolean) | undefined}
 */
export function typed(options, name, type) {
  const value = options[name];
  if (value === undefined || typeof value === type) return value;
  throw refusal(`options.${name}: a ${type} is needed`);
}

/**
 * Suggests what an unknown name may mean.
 * @param {string} name
 * @param {string[]} known
 */
export function hint(name, known) {
  const [nearest] = known
    .map((other) => ({ other, distance: distance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ other, distance }) => distance <= 1 + other.length / 4)
    .sort((a, b) => a.distance - b.distance);
  return nearest ? `did you mean "${nearest.other}"?` : `there are ${known.join(', ')}`;
}

/**
 * Counts the characters to insert, delete or replace (Levenshtein).
 * @param {string} from
 * @param {string} to
 */
function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j += 1) {
      next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (from[i] === to[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length];
}
