// The commands and options, in the form that the bash, zsh and fish completion scripts need.

import { commands, groupOf, namesOf, words } from '../commands.js';
import { GLOBAL } from '../input/global.js';

/**
 * @import { Option } from '../commands.js'
 *
 * @typedef {object} Flag
 * @property {string} name
 * @property {string} [short]
 * @property {string} help
 * @property {boolean} takesValue
 * @property {boolean} isFile whether its value is a file or folder
 * @property {string[]} choices
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {string[]} names with its aliases
 * @property {string} help
 * @property {Flag[]} flags
 * @property {string[]} choices of its argument
 * @property {boolean} takesFiles
 */

/** @param {Record<string, Option>} options */
const flagsOf = (options) =>
  Object.entries(options).map(([name, { short, help, value, choices = [] }]) => ({
    name,
    short,
    help,
    takesValue: value !== undefined,
    isFile: value === 'FILE' || value === 'DIR',
    choices,
  }));

/** @type {Flag[]} */
export const everywhere = flagsOf(GLOBAL);

/** @type {Entry[]} */
export const entries = commands.map((command) => ({
  name: command.name,
  names: namesOf(command),
  help: command.summary,
  flags: flagsOf(command.options ?? {}),
  choices: command.choices ?? [],
  takesFiles: command.usage.includes('FILE'),
}));

/** The first words of commands with two, such as "manifest". */
export const groups = words.filter((word) => groupOf(word).length > 0);

/** The first words that complete an empty line: no aliases, which would only repeat commands. */
export const firstWords = [...new Set(commands.map(({ name }) => name.split(' ')[0]))].map((word) => ({
  word,
  help:
    entries.find(({ name }) => name === word)?.help ??
    secondWords(word)
      .map(({ word }) => word)
      .join(', '),
}));

/**
 * The second words of a group.
 * @param {string} group
 */
export function secondWords(group) {
  const inGroup = entries.filter(({ name }) => name.startsWith(`${group} `));
  return inGroup.map(({ name, help }) => ({ word: name.slice(group.length + 1), help }));
}

const all = [...everywhere, ...entries.flatMap(({ flags }) => flags)];
const plain = all.filter((flag) => !flag.takesValue).map(({ name }) => name);
/** The options with a value, but none that is a flag in another command. */
export const valueFlags = [...new Set(all.map(({ name }) => name).filter((name) => !plain.includes(name)))].map(
  (name) => `--${name}`,
);

/** Quotes a text for bash and zsh. */
export const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "'\\''")}'`;
