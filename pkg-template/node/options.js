// Reads options objects as the module itself does: only `undefined` counts as absent, and an unknown name is refused,
// because a misspelt option would silently do nothing.

import { RegistryError } from '../classes.js';
import { hint } from './hint.js';

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
