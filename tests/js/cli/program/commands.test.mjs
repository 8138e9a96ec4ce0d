// docs/commands.md: every command of this program, and of the programs that people come from.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { find } from '../../../../www/registry/programs.mjs';
import { root } from '../../../../xtask/ensure.mjs';
import { sources } from '../../support/packed.mjs';

/** The commands that users of these versions type, without `help` and `version`. */
const THEIRS = {
  // 0.21.9
  crane: `append, completion, auth get, auth login, auth logout, auth token, blob, catalog, config, copy, delete, digest, export, flatten,
    index append, index filter, index list, ls, manifest, mutate, pull, push, rebase, registry serve, tag, validate`,
  // 0.11.5
  regctl: `completion, artifact get, artifact list, artifact put, artifact tree, blob copy, blob delete, blob diff-config, blob diff-layer,
    blob get, blob get-file, blob head, blob put, config get, config set, digest, image check-base, image copy, image create,
    image delete, image digest, image export, image get-file, image import, image inspect, image manifest, image mod,
    image ratelimit, index add, index create, index delete, manifest delete, manifest diff, manifest get, manifest head, manifest put, ref, registry config,
    registry login, registry logout, registry set, registry whoami, repo copy, repo ls, tag delete, tag ls`,
  // 1.22.2
  skopeo: `completion, copy, delete, generate-sigstore-key, inspect, list-tags, login, logout, manifest-digest, standalone-sign,
    standalone-verify, sync`,
  // 1.3.3
  oras: `completion, attach, backup, blob delete, blob fetch, blob push, cp, discover, login, logout, manifest delete, manifest fetch,
    manifest fetch-config, manifest index create, manifest index update, manifest push, pull, push, repo ls, repo tags, resolve,
    restore, tag`,
};

const namesOf = (program) => THEIRS[program].split(',').map((name) => name.trim());

const page = readFileSync(join(root, 'docs', 'commands.md'), 'utf8');
const rowsOf = (heading) => {
  const section = page.split(`\n## ${heading}\n`)[1].split('\n## ')[0];
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
};
const namesIn = (text) => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
const here = rowsOf('What is here');

test('each command of this program has a row, and each row a command', async () => {
  const { commands } = await import(pathToFileURL(join(sources, 'cli', 'commands.js')).href);
  const documented = here.flatMap(([first]) => namesIn(first));
  assert.deepEqual(documented.toSorted(), commands.map(({ name }) => name).toSorted());
});

test("the list for skopeo has every command that this machine's skopeo has", () => {
  const help = execFileSync(find('skopeo'), ['--help'], { encoding: 'utf8' });
  const [, listed] = /^Available Commands:\n((?: .*\n)+)/m.exec(help);
  const commands = listed.match(/^ +\S+/gm).map((name) => name.trim());
  assert.ok(commands.includes('copy'), help);
  const missing = commands.filter((name) => name !== 'help' && !namesOf('skopeo').includes(name));
  assert.deepEqual(missing, []);
});

test('each command of the others is in the table, or has a reason', () => {
  const programs = Object.keys(THEIRS);
  /** @type {Record<string, string[]>} */
  const named = Object.fromEntries(
    programs.map((program, at) => [program, here.flatMap((row) => namesIn(row[at + 1]))]),
  );
  for (const [commands, why] of rowsOf('What is not here')) {
    assert.match(why, /^.{20,}\.$/, commands);
    let program;
    for (const [, word, name] of commands.matchAll(/(\w+)? ?`([^`]+)`/g)) {
      program = word ?? program;
      named[program].push(name);
    }
  }
  for (const program of programs) {
    assert.deepEqual(named[program].toSorted(), namesOf(program).toSorted(), program);
  }
});
