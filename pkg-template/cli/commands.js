// All commands. Each one is described where it is implemented, in a table from which the parser, the help, the suggestions
// for misspelt names, the completion and the man page are made.

import { load } from './commands/archive/load.js';
import { save } from './commands/archive/save.js';
import { artifactPull } from './commands/artifact/pull.js';
import { artifactAttach, artifactPush } from './commands/artifact/push.js';
import { cleanup } from './commands/cleanup/cleanup.js';
import { blobDelete, blobGet, blobHead, blobPut } from './commands/content/blob.js';
import { config, digest } from './commands/content/digest.js';
import { manifestDelete, manifestGet, manifestPut } from './commands/content/manifest.js';
import { ratelimit } from './commands/content/ratelimit.js';
import { referrers } from './commands/content/referrers.js';
import { validate } from './commands/content/validate.js';
import { cat, exportTar } from './commands/contents/cat.js';
import { diff } from './commands/contents/diff.js';
import { ls } from './commands/contents/ls.js';
import { packages } from './commands/contents/packages.js';
import { waste } from './commands/contents/waste.js';
import { completion } from './commands/completion.js';
import { copy } from './commands/copy.js';
import { diagnose } from './commands/diagnose.js';
import { indexCreate, indexEdit } from './commands/image/indexes.js';
import { mutate } from './commands/image/mutate.js';
import { inspect } from './commands/inspect.js';
import { login, logout } from './commands/login.js';
import { repos } from './commands/repos.js';
import { sync } from './commands/sync/sync.js';
import { tag, untag } from './commands/tag.js';
import { tags } from './commands/tags.js';
import { ui } from './commands/ui.js';

/**
 * @import { DockerRegistryClient } from 'docker-registry-client-wasm'
 * @import { Connection } from './connection.js'
 * @import { Output } from './output/output.js'
 *
 * @typedef {object} Option
 * @property {string} help
 * @property {string} [value] name of its value in the help; a flag has none. FILE and DIR are completed
 * @property {string} [short] one letter
 * @property {string[]} [choices] the values that it can have
 * @property {(text: string, refuse: (rule: string) => Error) => unknown} [read]
 * @property {boolean} [multiple]
 * @property {string} [api] its name in the client's messages, if it is not the same in camel case
 *
 * @typedef {object} Call
 * @property {string[]} args as many as `takes` says
 * @property {Record<string, any>} options by their names in camel case
 * @property {Output} output
 * @property {AbortSignal} signal aborted by Ctrl-C
 * @property {(host: string, connection?: Connection) => Promise<DockerRegistryClient>} connect
 *
 * @typedef {object} Command
 * @property {string} name one word, or two as in "manifest get"
 * @property {string[]} [aliases] further names
 * @property {string} usage
 * @property {[least: number, most: number]} takes
 * @property {string[]} [choices] the values that its argument can have
 * @property {string} summary
 * @property {string} [details]
 * @property {boolean} [changes] whether it changes a registry or files
 * @property {Record<string, Option>} [options]
 * @property {string[]} examples
 * @property {(call: Call) => Promise<number | void>} run returns the exit code if it is not 0
 */

/**
 * In the order of the help.
 * @type {Record<string, Command[]>}
 */
export const sections = {
  'Look at a registry': [repos, tags, inspect, digest, config, referrers, validate, diagnose, ratelimit, ui],
  'Look inside images': [ls, cat, diff, waste, packages, exportTar, save],
  'Change a registry': [tag, untag, copy, load, sync, cleanup],
  'Make images and artifacts': [mutate, indexCreate, indexEdit, artifactPush, artifactAttach, artifactPull],
  'Manifests and blobs': [manifestGet, manifestPut, manifestDelete, blobHead, blobGet, blobPut, blobDelete],
  'Logins and set-up': [login, logout, completion],
};

export const commands = Object.values(sections).flat();

/** Commands by all their names. */
const byName = new Map(commands.flatMap((command) => namesOf(command).map((name) => [name, command])));

/** @param {Command} command */
export function namesOf({ name, aliases = [] }) {
  return [name, ...aliases];
}

/** The first words of all names. */
export const words = [...new Set([...byName.keys()].map((name) => name.split(' ')[0]))];

/**
 * Returns the commands whose names begin with this word and have a second one, such as "get" of "manifest get".
 * @param {string} word
 */
export const groupOf = (word) => commands.filter(({ name }) => name.startsWith(`${word} `));

/**
 * Finds the command that the words begin with.
 * @param {string[]} typed
 * @returns {{ command?: Command, rest: string[] }}
 */
export function findCommand(typed) {
  for (const count of [2, 1]) {
    const command = byName.get(typed.slice(0, count).join(' '));
    if (command && typed.length >= count) return { command, rest: typed.slice(count) };
  }
  return { rest: typed };
}
