// Generates the help from the commands and their options.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { MEANINGS } from '../exit.js';
import { groupOf, sections } from '../commands.js';
import { GLOBAL } from './global.js';

/** @import { Command, Option } from '../commands.js' */

/** By the name under which it was started. */
export const PROGRAM = basename(process.argv[1] ?? '') === 'drc' ? 'drc' : 'docker-registry-client-wasm';

const manifest = () =>
  JSON.parse(readFileSync(new URL(import.meta.resolve('docker-registry-client-wasm/package.json')), 'utf8'));
export const version = () => manifest().version;
/** The names of the program. */
export const programs = () => Object.keys(manifest().bin);

/** @param {[left: string, right: string][]} entries */
function list(entries, width = Math.max(...entries.map(([left]) => left.length))) {
  return entries.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

/** @param {[name: string, option: Option]} option */
const optionEntry = ([name, { value, short, help }]) =>
  /** @type {[string, string]} */ ([`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`, help]);

const optionList = (/** @type {Record<string, Option>} */ options) => list(Object.entries(options).map(optionEntry));

const commandList = (/** @type {Command[]} */ commands, /** @type {number} */ width) =>
  list(
    commands.map(({ name, summary }) => [name, summary]),
    width,
  );

export const ADDRESSES = `\
HOST is registry.example.com or localhost:5000, with http:// in front for plain http. A registry under a path is
HOST/PATH, and HOST/PATH//REPOSITORY a repository there. A reference without a host is on Docker Hub.`;

export function overview() {
  const width = Math.max(...Object.values(sections).flatMap((list) => list.map(({ name }) => name.length)));
  return `Usage: ${PROGRAM} COMMAND …

${Object.entries(sections)
  .map(([title, commands]) => `${title}:\n${commandList(commands, width)}`)
  .join('\n\n')}

COMMAND --help shows the arguments and options of a command.

Options of every command:
${optionList(GLOBAL)}

${ADDRESSES}

Exit codes:
${list(MEANINGS.map(([code, meaning]) => [String(code), String(meaning)]))}
`;
}

/**
 * Returns the help of commands such as "manifest get" and "manifest put".
 * @param {string} word
 */
export function helpForGroup(word) {
  const commands = groupOf(word);
  return `Usage: ${PROGRAM} ${word} COMMAND …

${commandList(commands, Math.max(...commands.map(({ name }) => name.length)))}

${word} COMMAND --help shows the arguments and options of a command.
`;
}

/** @param {Command} command */
export function helpFor({ name, aliases = [], usage, summary, details, options = {}, examples }) {
  const own = Object.keys(options).length > 0 ? `Options:\n${optionList(options)}\n\n` : '';
  const more = details ? `${details}\n\n` : '';
  const also = aliases.length > 0 ? `Other names: ${aliases.join(', ')}\n\n` : '';
  return `Usage: ${PROGRAM} ${name} ${usage}

${summary[0].toUpperCase()}${summary.slice(1)}.

${more}${also}${own}Example:
${examples.map((example) => `  ${PROGRAM} ${example}`).join('\n')}

Options of every command: ${PROGRAM} --help
`;
}
