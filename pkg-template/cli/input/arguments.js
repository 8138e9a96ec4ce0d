// Checks the arguments against the commands and their options. No message shows an unexpected value: it may be a password.

import { parseArgs } from 'node:util';

import { hint } from '../../node/options.js';
import { commands } from '../commands.js';
import { counted } from '../output/format.js';
import { GLOBAL } from './global.js';
import { Usage } from './usage.js';

/**
 * @import { Command, Option } from '../commands.js'
 * @typedef {{ kind: 'option', name: string, rawName: string, value?: string, inlineValue?: boolean }} Given an option as typed
 * @typedef {Record<string, Option>} Known options by name
 * @typedef {{ command?: Command, args: string[], given: Given[], everywhere: Known }} Typed
 */

const PASSWORD =
  'there is no --password, because other users of the machine can read arguments; use --password-stdin, which reads it ' +
  'from standard input';

/**
 * Finds the command, and splits the arguments.
 * @param {string[]} argv
 * @returns {Typed}
 */
export function split(argv) {
  /** @type {Known} */
  const everywhere = { ...GLOBAL };
  for (const { options } of Object.values(commands)) Object.assign(everywhere, options);
  /** @type {Record<string, { type: 'string' | 'boolean', short?: string }>} */
  const config = {};
  for (const [name, { value }] of Object.entries(everywhere)) config[name] = { type: value ? 'string' : 'boolean' };
  config.help = { type: 'boolean', short: 'h' };
  const { tokens, positionals } = parseArgs({
    args: argv,
    options: config,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const [name, ...args] = positionals;
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  const given = tokens.filter((token) => token.kind === 'option');
  if (name !== undefined && !command) {
    // The word may be the value of an unknown option.
    refuseUnknown(given, { known: everywhere, everywhere });
    throw new Usage(`unknown command ${JSON.stringify(name)}; ${hint(name, Object.keys(commands))}`);
  }
  return { command, args, given, everywhere };
}

/**
 * Checks the arguments of the command.
 * @param {Typed} typed
 * @returns {{ args: string[], options: Record<string, any> }} options, by their names in camel case
 */
export function check({ command, args, given, everywhere }) {
  const known = { ...command?.options, ...GLOBAL };
  refuseUnknown(given, { known, everywhere, command });
  const options = read(given, known);
  if (command && !options.help && !options.version) checkCount(args, command);
  return { args, options };
}

/**
 * @param {string[]} args
 * @param {Command} command
 */
function checkCount(args, { takes: [least, most], usage }) {
  if (args.length < least)
    throw new Usage(args.length === 0 ? `${usage} is missing` : `${usage}: an argument is missing`);
  if (args.length > most) throw new Usage(`${usage}: ${counted(args.length - most, 'argument')} too many`);
}

/**
 * @param {Given[]} given
 * @param {{ known: Known, everywhere: Known, command?: Command }} options
 */
function refuseUnknown(given, { known, everywhere, command }) {
  const token = given.find(({ name }) => !Object.hasOwn(known, name));
  if (!token) return;
  const { name, rawName } = token;
  if (name === 'password') throw new Usage(PASSWORD);
  if (Object.hasOwn(everywhere, name)) {
    throw new Usage(command ? `${command.name} does not take --${name}` : `--${name} needs a command`);
  }
  throw new Usage(
    `unknown option ${rawName}; ${hint(
      rawName,
      Object.keys(known).map((one) => `--${one}`),
    )}`,
  );
}

/**
 * @param {Given[]} given
 * @param {Known} known
 */
function read(given, known) {
  /** @type {Record<string, any>} */
  const options = {};
  for (const token of given) {
    const option = `--${token.name}`;
    const spec = known[token.name];
    const key = camelCase(token.name);
    const value = spec.value ? checkedValue(token, option, spec) : flag(token, option);
    if (spec.multiple) (options[key] ??= []).push(value);
    else if (key in options && spec.value) throw new Usage(`${option} is given twice`);
    else options[key] = value;
  }
  return options;
}

/**
 * @param {Given} token
 * @param {string} option
 */
function flag({ value }, option) {
  if (value !== undefined) throw new Usage(`${option} takes no value`);
  return true;
}

/**
 * @param {Given} token
 * @param {string} option
 * @param {Option} spec
 */
function checkedValue({ value, inlineValue }, option, { value: what, read }) {
  // A value that looks like an option was probably meant as one.
  if (value === undefined || (!inlineValue && value.startsWith('-'))) throw new Usage(`${option}: ${what} is missing`);
  return read ? read(value, (rule) => new Usage(`${option}: ${rule}`)) : value;
}

/** @param {string} name */
const camelCase = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
