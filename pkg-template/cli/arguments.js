// What was typed, checked against what there is. No message shows a value that nobody asked for: it may be a password.

import { parseArgs } from 'node:util';

import { hint } from '../node/options.js';
import { commands } from './commands.js';
import { GLOBAL } from './global.js';
import { Usage } from './usage.js';

const PASSWORD =
  'there is no --password, because everybody on the machine can read arguments; --password-stdin reads it from the ' +
  'input';

/** Which command it is, and what else was typed. */
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
    // What stands in a command's place may be the value of an option that does not exist.
    refuseUnknown(given, { known: everywhere, everywhere });
    throw new Usage(`there is no command ${JSON.stringify(name)}; ${hint(name, Object.keys(commands))}`);
  }
  return { command, args, given, everywhere };
}

/**
 * What was typed for the command, checked.
 * @returns {{ args: string[], options: Record<string, any> }} options by their names in camel case
 */
export function check({ command, args, given, everywhere }) {
  const known = { ...command?.options, ...GLOBAL };
  refuseUnknown(given, { known, everywhere, command });
  const options = read(given, known);
  if (command && !options.help && !options.version) checkCount(args, command);
  return { args, options };
}

function checkCount(args, { takes: [least, most], usage }) {
  if (args.length < least) throw new Usage(`${usage}: ${args.length === 0 ? 'it is missing' : 'one more is needed'}`);
  if (args.length > most) throw new Usage(`${usage}: ${args.length - most} more than that are given`);
}

function refuseUnknown(given, { known, everywhere, command }) {
  const token = given.find(({ name }) => !Object.hasOwn(known, name));
  if (!token) return;
  const { name, rawName } = token;
  if (name === 'password') throw new Usage(PASSWORD);
  if (Object.hasOwn(everywhere, name)) {
    throw new Usage(command ? `${command.name} has no --${name}` : `--${name}: a command is needed for it`);
  }
  throw new Usage(
    `there is no ${rawName}; ${hint(
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
    else if (key in options && spec.value) throw new Usage(`${option}: it is given twice`);
    else options[key] = value;
  }
  return options;
}

function flag({ value }, option) {
  if (value !== undefined) throw new Usage(`${option}: it takes no value`);
  return true;
}

function checkedValue({ value, inlineValue }, option, { value: what, read = (text) => text }) {
  // What looks like an option was probably meant as one.
  if (value === undefined || (!inlineValue && value.startsWith('-'))) throw new Usage(`${option}: ${what} is missing`);
  return read(value, (rule) => new Usage(`${option}: ${rule}`));
}

const camelCase = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
