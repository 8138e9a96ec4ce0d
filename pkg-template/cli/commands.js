// All commands, by name.

import { cleanup } from './commands/cleanup.js';
import { copy } from './commands/copy.js';
import { diagnose } from './commands/diagnose.js';
import { inspect } from './commands/inspect.js';
import { repos } from './commands/repos.js';
import { tag, untag } from './commands/tag.js';
import { tags } from './commands/tags.js';

/**
 * @import { DockerRegistryClient } from 'docker-registry-client-wasm'
 * @import { Output } from './output/output.js'
 *
 * @typedef {object} Option
 * @property {string} help
 * @property {string} [value] name of its value in the help; a flag has none
 * @property {(text: string, refuse: (rule: string) => Error) => unknown} [read]
 * @property {boolean} [multiple]
 *
 * @typedef {object} Call
 * @property {string[]} args as many as `takes` says
 * @property {Record<string, any>} options by their names in camel case
 * @property {Output} output
 * @property {(host: string) => Promise<DockerRegistryClient>} connect
 *
 * @typedef {object} Described
 * @property {string} usage
 * @property {[least: number, most: number]} takes
 * @property {string} summary
 * @property {string} [details]
 * @property {boolean} [changes] whether it changes a registry
 * @property {Record<string, Option>} [options]
 * @property {string[]} examples
 * @property {(call: Call) => Promise<number | void>} run returns the exit code if it is not 0
 *
 * @typedef {Described & { name: string }} Command
 */

export const commands = named({ repos, tags, inspect, tag, untag, copy, cleanup, diagnose });

/**
 * @param {Record<string, Described>} list
 * @returns {Record<string, Command>}
 */
function named(list) {
  return Object.fromEntries(Object.entries(list).map(([name, command]) => [name, { name, ...command }]));
}
