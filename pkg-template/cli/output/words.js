// Says in the command line's words what the client says in those of its API.

import { camelCase } from '../input/values.js';

/** @import { Option } from '../commands.js' */

/** The credentials callback is the program's own. */
const NO_LOGIN = /the credentials callback returned none: the login was cancelled, or there is none for this registry/g;

/**
 * Replaces the names of the client's options by those of the command line.
 * @param {string} message
 * @param {Record<string, Option>} options
 */
export function inOurWords(message, options) {
  let text = message.replaceAll(NO_LOGIN, 'there is no login for it');
  for (const [name, { api = camelCase(name) }] of Object.entries(options)) {
    text = text.replaceAll(new RegExp(`\\boptions\\.${api}\\b`, 'g'), `--${name}`);
    text = text.replaceAll(new RegExp(`(?<![-\\w])${api}: true\\b`, 'g'), `--${name}`);
    // In a sentence, only such a word is certainly the name of an option.
    if (/[A-Z]/.test(api)) text = text.replaceAll(new RegExp(`(?<![-\\w])${api}\\b:?`, 'g'), `--${name}`);
  }
  return text;
}
