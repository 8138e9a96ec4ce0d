// Generates the help from the commands and their options.

import { readFileSync } from 'node:fs';

import { commands } from '../commands.js';
import { GLOBAL } from './global.js';

/** @import { Command, Option } from '../commands.js' */

export const PROGRAM = 'docker-registry-client-wasm';

export const version = () => JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

/** @param {[left: string, right: string][]} entries */
function list(entries) {
  const width = Math.max(...entries.map(([left]) => left.length));
  return entries.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

const optionList = (/** @type {Record<string, Option>} */ options) =>
  list(Object.entries(options).map(([name, { value, help }]) => [`--${name}${value ? ` ${value}` : ''}`, help]));

export function overview() {
  /** @type {[string, string][]} */
  const rows = Object.values(commands).map(({ name, summary }) => [name, summary]);
  return `Usage: ${PROGRAM} COMMAND …

${list(rows)}

COMMAND --help shows the arguments and options of a command.

Options of every command:
${optionList(GLOBAL)}

HOST is registry.example.com or localhost:5000, with http:// in front for plain http. A registry under a path is
HOST/PATH, and HOST/PATH//REPOSITORY a repository there. A reference without a host is on Docker Hub.
Exit codes: 0 success, 1 failure, 2 wrong usage, 3 partly done, 130 interrupted.
`;
}

/** @param {Command} command */
export function helpFor({ name, usage, summary, details, options = {}, examples }) {
  const own = Object.keys(options).length > 0 ? `Options:\n${optionList(options)}\n\n` : '';
  const more = details ? `${details}\n\n` : '';
  return `Usage: ${PROGRAM} ${name} ${usage}

${summary[0].toUpperCase()}${summary.slice(1)}.

${more}${own}Example:
${examples.map((example) => `  ${PROGRAM} ${example}`).join('\n')}

Options of every command: ${PROGRAM} --help
`;
}
