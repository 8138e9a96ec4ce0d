// What was typed, checked against what there is. No message shows a value that nobody asked for: it may be a password.

import { parseArgs } from 'node:util';

import { hint } from '../node/options.js';
import { commands } from './commands.js';
import { GLOBAL } from './global.js';
import { Usage } from './usage.js';

const PASSWORD = 'there is no --password, because everybody on the machine can read arguments; --password-stdin reads it from the input';

/**
 * @returns {{ command?: object, args: string[], options: Record<string, any> }} options by their names in camel case
 */
export function parse(argv) {
  const everywhere = { ...GLOBAL };
  for (const { options } of Object.values(commands)) Object.assign(everywhere, options);
  const config = Object.entries(everywhere).map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean', multiple: true }]);
  config.push(['help', { type: 'boolean', multiple: true, short: 'h' }]);
  const { tokens, positionals } = parseArgs({
    args: argv,
    options: Object.fromEntries(config),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });

  const [name, ...args] = positionals;
  const command = name === undefined ? undefined : find(name);
  const known = { ...command?.options, ...GLOBAL };
  const options = read(tokens, { known, everywhere, name });
  if (command && !options.help && !options.version) checkCount(args, command);
  return { command, args, options };
}

function find(name) {
  if (Object.hasOwn(commands, name)) return commands[name];
  throw new Usage(`there is no command ${JSON.stringify(name)}; ${hint(name, Object.keys(commands))}`);
}

function checkCount(args, { takes: [least, most], usage }) {
  if (args.length < least) throw new Usage(args.length === 0 ? `${usage}: it is missing` : `${usage}: one more is needed`);
  if (args.length > most) throw new Usage(`${usage}: ${args.length - most} more than that are given`);
}

function read(tokens, { known, everywhere, name }) {
  const options = {};
  for (const token of tokens.filter(({ kind }) => kind === 'option')) {
    const option = `--${token.name}`;
    if (!Object.hasOwn(known, token.name)) throw new Usage(unknown(token, { known, everywhere, name }));
    const spec = known[token.name];
    const key = camelCase(token.name);
    const value = spec.value ? checkedValue(token, option, spec) : flag(token, option);
    if (spec.multiple) (options[key] ??= []).push(value);
    else if (key in options && spec.value) throw new Usage(`${option}: it is given twice`);
    else options[key] = value;
  }
  return options;
}

function unknown({ name: option, rawName }, { known, everywhere, name }) {
  if (option === 'password') return PASSWORD;
  if (Object.hasOwn(everywhere, option)) return name ? `${name} has no --${option}` : `--${option}: a command is needed for it`;
  const names = Object.keys(name ? known : everywhere).map((one) => `--${one}`);
  return `there is no ${rawName}; ${hint(rawName, names)}`;
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
