// Checks the arguments against the commands and their options. No message shows an unexpected value: it may be a password.

import { parseArgs } from 'node:util';

import { hint } from '../node/options.js';
import { commands } from './commands.js';
import { counted } from './format.js';
import { GLOBAL } from './global.js';
import { Usage } from './usage.js';

const PASSWORD =
  'there is no --password, because other users of the machine can read arguments; use --password-stdin, which reads it ' +
  'from standard input';

/** Finds the command, and splits the arguments. */
export function split(argv) {
  const everywhere = { ...GLOBAL };
  for (const { options } of Object.values(commands)) Object.assign(everywhere, options);
  const config = Object.entries(everywhere).map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' }]);
  config.push(['help', { type: 'boolean', short: 'h' }]);
  const { tokens, positionals } = parseArgs({
    args: argv,
    options: Object.fromEntries(config),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const [name, ...args] = positionals;
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  const given = tokens.filter(({ kind }) => kind === 'option');
  if (name !== undefined && !command) {
    // The word may be the value of an unknown option.
    refuseUnknown(given, { known: everywhere, everywhere });
    throw new Usage(`unknown command ${JSON.stringify(name)}; ${hint(name, Object.keys(commands))}`);
  }
  return { command, args, given, everywhere };
}

/**
 * Checks the arguments of the command.
 * @returns {{ args: string[], options: Record<string, any> }} options, by their names in camel case
 */
export function check({ command, args, given, everywhere }) {
  const known = { ...command?.options, ...GLOBAL };
  refuseUnknown(given, { known, everywhere, command });
  const options = read(given, known);
  if (command && !options.help && !options.version) checkCount(args, command);
  return { args, options };
}

function checkCount(args, { takes: [least, most], usage }) {
  if (args.length < least)
    throw new Usage(args.length === 0 ? `${usage} is missing` : `${usage}: an argument is missing`);
  if (args.length > most) throw new Usage(`${usage}: ${counted(args.length - most, 'argument')} too many`);
}

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

function read(given, known) {
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

function flag({ value }, option) {
  if (value !== undefined) throw new Usage(`${option} takes no value`);
  return true;
}

function checkedValue({ value, inlineValue }, option, { value: what, read = (text) => text }) {
  // A value that looks like an option was probably meant as one.
  if (value === undefined || (!inlineValue && value.startsWith('-'))) throw new Usage(`${option}: ${what} is missing`);
  return read(value, (rule) => new Usage(`${option}: ${rule}`));
}

const camelCase = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
