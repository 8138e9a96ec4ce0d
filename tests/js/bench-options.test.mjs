// The options of `npm run bench`: what is wrong is refused before anything is built or measured.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { settings } from '../bench/options.mjs';
import { root } from '../../xtask/ensure.mjs';

test('options without arguments', () => {
  const { names, rtts, rounds, bandwidth, quick } = settings([]);
  assert.ok(names.includes('wan') && names.includes('requests'));
  assert.deepEqual([rtts, rounds, bandwidth, quick], [[20, 50, 150], undefined, undefined, false]);
  assert.deepEqual(settings(['--quick']).rtts, [50]);
});

test('options as given', () => {
  const given = settings(['wan', '--quick', '--rtt', '5,2000', '--bandwidth', '100', '--rounds', '7']);
  assert.deepEqual(given.names, ['wan']);
  assert.deepEqual([given.rtts, given.bandwidth, given.rounds], [[5, 2000], 100, 7]);
});

for (const [args, message] of [
  [['--rtt', 'fast'], /^--rtt takes a whole number from 1 to 2000, not "fast"\n/],
  [['--rtt', '20,'], /^--rtt takes .*, not ""\n/],
  [['--rtt', '0'], /^--rtt takes .*, not "0"\n/],
  [['--rtt', '2001'], /^--rtt takes .*, not "2001"\n/],
  [['--rtt', '1e2'], /^--rtt takes .*, not "1e2"\n/],
  [['--rtt=-5'], /^--rtt takes .*, not "-5"\n/],
  [['--bandwidth', '0'], /^--bandwidth takes a whole number from 1 to 100000, not "0"\n/],
  [['--bandwidth', '1.5'], /^--bandwidth takes .*, not "1.5"\n/],
  [['--rounds', '0'], /^--rounds takes a whole number from 1 to 1000, not "0"\n/],
  [['--latency', '5'], /'--latency'/],
  [['wan', 'lan'], /^no such benchmark: lan\n/],
]) {
  test(`options: ${args.join(' ')}`, () => {
    assert.throws(
      () => settings(args),
      (error) => {
        assert.match(error.message, message);
        assert.match(error.message, /npm run bench -- \[options\]/);
        return true;
      },
    );
  });
}

test('a wrong option ends the benchmark with an error', { timeout: 20_000 }, () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'tests/bench/run.mjs'), 'wan', '--rtt', 'x'],
    { encoding: 'utf8' },
  );
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^--rtt takes/);
});
