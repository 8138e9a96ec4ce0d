// Checks the arguments against the commands and their options. No message shows an unexpected value: it may be a password.

import { parseArgs } from 'node:util';

import { hint } from '../../node/hint.js';
import { commands, findCommand, groupOf, words } from '../commands.js';
import { counted } from '../output/format.js';
import { GLOBAL } from './global.js';
import { Usage } from './usage.js';
import { camelCase } from './values.js';

/**
 * @import { Command, Option } from '../commands.js'
 * @typedef {{ kind: 'option', name: string, rawName: string, value?: string, inlineValue?: boolean }} Given an option as typed
 * @typedef {Record<string, Option>} Known options by name
 * @typedef {{ command?: Command, group?: string, args: string[], given: Given[] }} Typed
 */

const INPUT = '--password-stdin, which reads the password from standard input';
const readable = (/** @type {string} */ option) =>
  `there is no ${option}, because other users of the machine can read arguments; use `;
const sided = (/** @type {string} */ side) => `--${side}-username and --${side}-password-file`;

/**
 * Options of docker, podman, skopeo, oras, crane and regctl, and what to use here. A command before the option: only there.
 * @type {Record<string, string>}
 */
const ELSEWHERE = {
  u: `there is no -u; use --username, with ${INPUT}`,
  p: `${readable('-p')}${INPUT}`,
  password: `${readable('--password')}${INPUT}`,
  pass: `${readable('--pass')}${INPUT}`,
  creds: `${readable('--creds')}--username, with ${INPUT}`,
  'src-creds': `${readable('--src-creds')}${sided('source')}`,
  'dest-creds': `${readable('--dest-creds')}${sided('target')}`,
  'from-username': `there is no --from-username; use ${sided('source')}`,
  'to-username': `there is no --to-username; use ${sided('target')}`,
  'from-password': `${readable('--from-password')}${sided('source')}`,
  'to-password': `${readable('--to-password')}${sided('target')}`,
  'cleanup dry-run': 'cleanup changes nothing without --apply, and has no --dry-run',
  'tls-verify': 'there is no --tls-verify; --insecure accepts any certificate, --plain-http uses http',
};

/**
 * Commands of crane, regctl, skopeo and oras, and their names here.
 * @type {Record<string, string[]>}
 */
const COMMANDS_ELSEWHERE = {
  append: ['mutate --append'],
  attach: ['artifact attach'],
  auth: ['login', 'logout'],
  backup: ['save'],
  delete: ['untag', 'manifest delete'],
  discover: ['referrers'],
  image: ['inspect', 'copy', 'mutate'],
  import: ['load'],
  pull: ['save', 'artifact pull', 'blob get'],
  push: ['load', 'artifact push', 'manifest put'],
  registry: ['login', 'logout'],
  resolve: ['digest'],
  restore: ['load'],
};

const CONTRADICTIONS = [
  ['json', 'format'],
  ['quiet', 'verbose'],
];

/**
 * The options of all commands.
 * @type {Known}
 */
const EVERYWHERE = Object.assign({}, ...commands.map(({ options }) => options), GLOBAL);

/**
 * Finds the command, and splits the arguments.
 * @param {string[]} argv
 * @returns {Typed}
 */
export function split(argv) {
  const first = tokens(argv, EVERYWHERE);
  if (first.words[0] === 'help') return split(['--help', ...argv.filter((_, index) => index !== argv.indexOf('help'))]);
  const { command } = findCommand(first.words);
  if (command) {
    // Options of the same name may take a value in one command only.
    const again = tokens(argv, { ...EVERYWHERE, ...command.options });
    return { command, args: findCommand(again.words).rest, given: again.given };
  }
  const [word] = first.words;
  if (word === undefined) return { args: [], given: first.given };
  // The word may be the value of an unknown option.
  refuseUnknown(first.given, { known: EVERYWHERE });
  if (groupOf(word).length === 0) throw new Usage(`unknown command ${JSON.stringify(word)}; ${commandHint(word)}`);
  return { group: word, args: first.words.slice(1), given: first.given };
}

/**
 * Suggests the commands that an unknown word may mean: other programs' names, second words such as "get", misspelt ones.
 * @param {string} word
 */
function commandHint(word) {
  const meant = Object.hasOwn(COMMANDS_ELSEWHERE, word)
    ? COMMANDS_ELSEWHERE[word]
    : commands.map(({ name }) => name).filter((name) => name.endsWith(` ${word}`));
  return meant.length > 0 ? `did you mean ${meant.map((name) => `"${name}"`).join(' or ')}?` : hint(word, words);
}

/**
 * @param {string[]} argv
 * @param {Known} known
 */
function tokens(argv, known) {
  /** @type {Record<string, { type: 'string' | 'boolean', short?: string }>} */
  const options = {};
  for (const [name, { value, short }] of Object.entries(known))
    options[name] = { type: value ? 'string' : 'boolean', ...(short && { short }) };
  const { tokens, positionals } = parseArgs({
    args: argv,
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  return { words: positionals, given: tokens.filter((token) => token.kind === 'option') };
}

/**
 * Checks the arguments of the command.
 * @param {Typed} typed
 * @returns {{ args: string[], options: Record<string, any> }} options, by their names in camel case
 */
export function check({ command, group, args, given }) {
  const known = { ...command?.options, ...GLOBAL };
  refuseUnknown(given, { known, command });
  const options = read(given, known);
  for (const [one, other] of CONTRADICTIONS) {
    if (options[one] && options[other]) throw new Usage(`only one of --${one} and --${other} can be given`);
  }
  if (options.help || options.version) return { args, options };
  if (command) checkArguments(args, command);
  if (group !== undefined) refuseGroup(group, args[0]);
  return { args, options };
}

/**
 * @param {string[]} args
 * @param {Command} command
 */
function checkArguments(args, { takes: [least, most], usage, choices }) {
  if (args.length < least)
    throw new Usage(args.length === 0 ? `${usage} is missing` : `${usage}: an argument is missing`);
  if (args.length > most) throw new Usage(`${usage}: ${counted(args.length - most, 'argument')} too many`);
  if (choices && args.some((arg) => !choices.includes(arg))) {
    throw new Usage(`${usage}: one of ${choices.join(', ')} is needed`);
  }
}

/**
 * @param {string} group
 * @param {string | undefined} word
 * @returns {never}
 */
function refuseGroup(group, word) {
  const seconds = groupOf(group).map(({ name }) => name.slice(group.length + 1));
  throw new Usage(
    word === undefined
      ? `${group}: one of ${seconds.join(', ')} is needed`
      : `unknown command ${JSON.stringify(`${group} ${word}`)}; ${hint(word, seconds)}`,
  );
}

/**
 * @param {Given[]} given
 * @param {{ known: Known, command?: Command }} options
 */
function refuseUnknown(given, { known, command }) {
  const token = given.find(({ name }) => !Object.hasOwn(known, name));
  if (!token) return;
  const { name, rawName } = token;
  const advice = [`${command?.name} ${name}`, name].find((key) => Object.hasOwn(ELSEWHERE, key));
  if (advice) throw new Usage(ELSEWHERE[advice]);
  if (Object.hasOwn(EVERYWHERE, name)) {
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
function checkedValue({ value, inlineValue }, option, { value: what, choices, read }) {
  const looksLikeOption = !inlineValue && value !== '-' && value?.startsWith('-');
  const isNoFile = value === '' && what === 'FILE';
  if (value === undefined || looksLikeOption || isNoFile) throw new Usage(`${option}: ${what} is missing`);
  if (choices && !choices.includes(value)) throw new Usage(`${option}: one of ${choices.join(', ')} is needed`);
  return read ? read(value, (rule) => new Usage(`${option}: ${rule}`)) : value;
}
