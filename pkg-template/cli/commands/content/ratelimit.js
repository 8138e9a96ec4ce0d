// `ratelimit`

import { parseReference, selector } from '../../input/reference.js';

/**
 * @import { RateLimit } from 'docker-registry-client-wasm'
 * @import { Command } from '../../commands.js'
 */

const LIMITED = ['RATE_LIMITED', 'TOOMANYREQUESTS'];

/** @type {Command} */
export const ratelimit = {
  name: 'ratelimit',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'shows how many requests a registry still allows',
  details: 'Asks with HEAD for a manifest that this account may read, which Docker Hub does not count as a pull.',
  examples: ['ratelimit docker.io/library/alpine'],

  async run({ args: [text], output, connect }) {
    const reference = await parseReference(text);
    const client = await connect(reference.host);
    try {
      const repository = client.repository(reference.name);
      await repository.headManifest(selector(reference));
    } catch (/** @type {any} */ error) {
      // A 429 response may report the limit too.
      if (!LIMITED.includes(error.code) || !client.rateLimit) throw error;
    }
    const { rateLimit, host: registry } = client;
    if (output.isJson) output.json({ registry, rateLimit: rateLimit ?? null });
    else if (rateLimit) for (const line of lines(rateLimit)) output.line(line);
    else output.line(`${registry} reports no rate limit.`);
  },
};

/** @param {RateLimit} rateLimit */
function lines({ limit, remaining, window, reset, source }) {
  return [
    limit !== undefined && `Limit:       ${limit}${window ? ` per ${time(window)}` : ''}`,
    remaining !== undefined && `Remaining:   ${remaining}`,
    reset !== undefined && `Renewed in:  ${time(reset)}`,
    source !== undefined && `Counted for: ${source}`,
  ].filter((line) => line !== false);
}

/** @type {[string, number][]} */
const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** @param {number} milliseconds */
function time(milliseconds) {
  const [unit, length] = UNITS.find(([, length]) => milliseconds >= length && milliseconds % length === 0) ?? [
    's',
    1000,
  ];
  return `${Math.ceil(milliseconds / length)}${unit}`;
}
