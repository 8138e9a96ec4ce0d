// `sync`

import { EXIT, exitFor } from '../../exit.js';
import { documentOf } from '../../input/files.js';
import { Usage } from '../../input/usage.js';
import { counted } from '../../output/format.js';
import { Stopped } from '../in-turn.js';
import { parseSyncFile } from './sync-file.js';
import { copy, itemsOf, plan } from './sync-items.js';

/**
 * @import { Command } from '../../commands.js'
 * @import { Output } from '../../output/output.js'
 * @import { Item, Result } from './sync-items.js'
 */

const LIMIT = 4 * 1024 * 1024;

/** @type {Command} */
export const sync = {
  name: 'sync',
  usage: 'FILE',
  takes: [1, 1],
  changes: true,
  summary: 'copies many tags between registries, as a JSON file says',
  details: `FILE is JSON, or - for standard input:
  {"sync": [{"source": "docker.io/library/alpine", "target": "localhost:5000/mirror/alpine",
    "tags": {"include": ["3.*"], "exclude": ["*-rc*"]}, "platforms": ["linux/amd64"], "referrers": true}]}
Only source and target are required. Without tags.include, all tags are copied but those of signatures (sha256-…),
which come with referrers. Content that a target has is skipped. YAML is not read: yq -o json converts it.
--dry-run counts several platforms as to copy, and does not compare referrers.`,
  options: {
    'keep-going': { help: 'goes on after a failure' },
    'dry-run': {
      help: 'says what would be copied, by the digests of the tags, and changes nothing',
    },
  },
  examples: ['sync mirrors.json --dry-run'],

  async run({ args: [file], options, output, signal, connect }) {
    const { keepGoing = false, dryRun = false } = options;
    const text = (await documentOf(file, { options, signal, limit: LIMIT })).toString();
    const entries = await parseSyncFile(text).catch((error) => {
      throw error instanceof Usage ? new Usage(`${file}: ${error.message}`) : error;
    });
    const hosts = new Set(entries.flatMap(({ source, target }) => [source.host, target.host]));
    if (options.username && hosts.size > 1)
      throw new Usage('--username is for one registry; between several, log in with docker login or podman login');
    const clients = new Map();
    const client = async (/** @type {string} */ host) =>
      clients.get(host) ?? clients.set(host, await connect(host)).get(host);
    const mayGoOn = () => keepGoing && !signal.aborted;
    /** @type {Item[]} */
    const items = [];
    for (const entry of entries) {
      const { source, target } = entry;
      const listed = await itemsOf(entry, client).catch((error) => {
        if (!mayGoOn()) throw error;
        return [{ from: source.place, to: target.place, error }];
      });
      items.push(...listed);
    }
    const results = [];
    for (const [index, item] of items.entries()) {
      const result = await (dryRun ? plan(item, client) : copy(item, client)).catch((error) => ({ error }));
      if (result.error && !mayGoOn())
        throw new Stopped(result.error, {
          done: results.map(({ to }) => to),
          failed: item.to,
          remaining: items.slice(index + 1).map(({ to }) => to),
        });
      results.push({ ...item, ...result });
      print({ ...item, ...result }, output);
    }
    return summary(results, output, dryRun);
  },
};

/**
 * @param {Result} result
 * @param {Output} output
 */
function print({ action = 'failed', from, to, digest, error }, output) {
  if (output.isJson) output.item({ action, source: from, target: to, digest, error });
  else if (error) output.line(`failed     ${from} → ${to}: ${error.code}: ${error.message}`, 'red');
  else output.line(`${action.padEnd(9)}  ${from} → ${to}`);
}

/**
 * @param {Result[]} results
 * @param {Output} output
 * @param {boolean} isPlan
 */
function summary(results, output, isPlan) {
  const count = (/** @type {string} */ action) => results.filter((result) => result.action === action).length;
  const failed = results.filter(({ error }) => error);
  const moved = isPlan ? `${counted(count('copy'), 'tag')} to copy` : `${counted(count('copied'), 'tag')} copied`;
  output.note(`${moved}, ${count('unchanged')} unchanged, ${failed.length} failed`);
  if (failed.length === 0) return EXIT.done;
  return failed.length < results.length ? EXIT.partly : exitFor(failed[0].error);
}
