// `sync`

import { EXIT, exitFor } from '../../exit.js';
import { documentOf } from '../../input/files.js';
import { SIDE_LOGINS, hasSideLogin } from '../../input/side-logins.js';
import { Usage } from '../../input/usage.js';
import { counted, size } from '../../output/format.js';
import { startProgress, summed } from '../../output/progress.js';
import { Stopped } from '../in-turn.js';
import { parseSyncFile } from './sync-file.js';
import { expanded } from './sync-globs.js';
import { copy, itemsOf, plan } from './sync-items.js';

/**
 * @import { Command } from '../../commands.js'
 * @import { Output } from '../../output/output.js'
 * @import { Entry } from './sync-file.js'
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
Only source and target are required. Without tags.include, all tags are copied except sha256-… tags of signatures;
"referrers": true copies those. One * in source and in target is the same text of a repository's name:
"HOST/team/*" to "HOST/mirror/*" copies all that begin with team/. Content that a target has is skipped.
YAML is not read: yq -o json converts it.
--dry-run counts several platforms as to copy, and does not compare referrers.`,
  options: {
    'keep-going': { help: 'goes on after a failure' },
    'dry-run': {
      help: 'says what would be copied, by the digests of the tags, and changes nothing',
    },
    ...SIDE_LOGINS,
  },
  examples: ['sync mirrors.json --dry-run'],

  async run({ args: [file], options, output, signal, connect }) {
    const { keepGoing = false, dryRun = false } = options;
    const text = (await documentOf(file, { options, signal, limit: LIMIT })).toString();
    const entries = await parseSyncFile(text).catch((error) => {
      throw error instanceof Usage ? new Usage(`${file}: ${error.message}`) : error;
    });
    checkLogins(entries, options);
    const isSided = hasSideLogin(options);
    const clients = new Map();
    const client = async (/** @type {string} */ host, /** @type {'source' | 'target'} */ side) => {
      const key = isSided ? `${side} ${host}` : host;
      return clients.get(key) ?? clients.set(key, await connect(host, { side })).get(key);
    };
    const mayGoOn = () => keepGoing && !signal.aborted;
    /** @type {Item[]} */
    const items = [];
    const orFailed =
      (/** @type {Entry} */ { source, target }) =>
      (/** @type {any} */ error) => {
        if (!mayGoOn()) throw error;
        return [{ from: source.place, to: target.place, error }];
      };
    for (const entry of entries) {
      const itemsOfAll = async () => {
        const lists = [];
        for (const one of await expanded(entry, client, output.warn))
          lists.push(await itemsOf(one, client).catch(orFailed(one)));
        return lists.flat();
      };
      items.push(...(await itemsOfAll().catch(orFailed(entry))));
    }
    const results = [];
    for (const [index, item] of items.entries()) {
      const progress = startProgress(`copying ${item.to}`, output, size);
      const outcome = dryRun ? plan(item, client) : copy(item, client, summed(progress));
      const result = await outcome.catch((error) => ({ error })).finally(progress.end);
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
 * A login is for one registry only.
 * @param {Entry[]} entries
 * @param {Record<string, any>} options
 */
function checkLogins(entries, options) {
  const sources = entries.map(({ source }) => source.host);
  const targets = entries.map(({ target }) => target.host);
  for (const [name, option, hosts] of /** @type {[string, string, string[]][]} */ ([
    ['username', '--username', [...sources, ...targets]],
    ['tokenStdin', '--token-stdin', [...sources, ...targets]],
    ['sourceUsername', '--source-username', sources],
    ['targetUsername', '--target-username', targets],
  ])) {
    if (options[name] && new Set(hosts).size > 1)
      throw new Usage(`${option} is for one registry, and the file has several; log in with the command login`);
  }
}

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
