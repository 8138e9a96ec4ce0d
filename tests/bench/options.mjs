// The command line of `npm run bench`.
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { root } from '../../xtask/ensure.mjs';

export const SUITES = [
  'listing',
  'requests',
  'pull',
  'registry',
  'push',
  'inside',
  'wan',
  'memory',
  'size',
  'start',
  'chromium',
];

export const usage = `npm run bench -- [options] [${SUITES.join(' | ')}]…
  --quick            smaller blobs, fewer requests, rounds and round-trip times
  --rounds NUMBER    how often each variant runs
  --rtt LIST         wan: round-trip times in milliseconds (20,50,150; 50 with --quick)
  --bandwidth MBIT   wan: bandwidth of the link in Mbit/s (unlimited)
  --json FILE        where all samples go (target/bench.json)
  --results FILE     where the tables go, as a page for people
  --package FOLDER   measures a package built before instead of building pkg/`;

const options = {
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  rtt: { type: 'string' },
  bandwidth: { type: 'string' },
  json: { type: 'string', default: join(root, 'target', 'bench.json') },
  results: { type: 'string' },
  package: { type: 'string' },
  help: { type: 'boolean', default: false },
};

/** @param {string[]} args */
export function settings(args) {
  const { values, positionals } = parsed(args);
  const unknown = positionals.filter((name) => !SUITES.includes(name));
  if (unknown.length > 0) throw new Error(`no such benchmark: ${unknown.join(', ')}\n${usage}`);
  return {
    ...values,
    rounds: whole('rounds', values.rounds, 1000),
    rtts: roundTripTimes(values.rtt) ?? (values.quick ? [50] : [20, 50, 150]),
    bandwidth: whole('bandwidth', values.bandwidth, 100_000),
    names: positionals.length > 0 ? SUITES.filter((name) => positionals.includes(name)) : SUITES,
  };
}

function parsed(args) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${error.message}\n${usage}`);
  }
}

/** A number from 1 to `most`; undefined if the option is not there. */
function whole(name, text, most) {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text) || Number(text) < 1 || Number(text) > most)
    throw new Error(`--${name} takes a whole number from 1 to ${most}, not ${JSON.stringify(text)}\n${usage}`);
  return Number(text);
}

const roundTripTimes = (list) => list?.split(',').map((text) => whole('rtt', text, 2000));
