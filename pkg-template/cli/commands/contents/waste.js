// `waste`

import { EXIT } from '../../exit.js';
import { parseReference } from '../../input/reference.js';
import { bytes } from '../../input/values.js';
import { size } from '../../output/format.js';
import { printTable } from '../../output/table.js';
import { PLATFORM } from '../content/digest.js';
import { openImage, reading } from './open.js';

/**
 * @import { ImageWaste } from 'docker-registry-client-wasm'
 * @import { Command } from '../../commands.js'
 * @import { Output } from '../../output/output.js'
 */

/**
 * A share such as "5%", or bytes.
 * @param {string} text
 * @param {(rule: string) => Error} refuse
 * @returns {{ percent: number } | { bytes: number }}
 */
function limit(text, refuse) {
  const [, percent] = /^(\d{1,3}(?:\.\d{1,9})?)%$/.exec(text) ?? [];
  if (percent !== undefined) return { percent: Number(percent) };
  if (text === '0') return { bytes: 0 };
  return { bytes: bytes(text, (rule) => refuse(`${rule}, or a share such as 5%`)) };
}

/** @type {Command} */
export const waste = {
  name: 'waste',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'shows the bytes that an image stores although later layers hide or delete them',
  details: `Sizes are those of files without compression. dive's numbers stand beside them: it counts a replaced file with all
its copies, the visible one included, and does not look into a deleted directory: it may be more or less than what could be saved.`,
  options: {
    base: { value: 'IMAGE', help: 'leaves out the waste of this base image: a reference, or a number of layers' },
    'fail-above': { value: 'LIMIT', read: limit, help: 'ends with exit code 8 if more is wasted: 5%, or 20M (20 MiB)' },
    platform: PLATFORM,
  },
  examples: ['waste localhost:5000/team/web:1.0.0 --fail-above 5%'],

  async run(call) {
    const { args, options, output } = call;
    const image = await openImage(args[0], call, options.platform);
    const base = await baseOf(options.base, call);
    const found = await reading(call, (onProgress) => image.waste({ base, onProgress }));
    if (output.isJson) output.json(found);
    else print(found, output);
    const { stored, wasted } = found.withoutBase ?? found;
    const { failAbove } = options;
    if (!failAbove) return undefined;
    const most = failAbove.bytes ?? (stored * failAbove.percent) / 100;
    if (wasted <= most) return undefined;
    output.warn(`${size(wasted)} are wasted, more than ${size(most)}`);
    return EXIT.wouldChange;
  },
};

/**
 * @param {string | undefined} text
 * @param {import('../../commands.js').Call} call
 */
async function baseOf(text, call) {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  await parseReference(text);
  return openImage(text, call, call.options.platform);
}

const FILES = [
  { title: 'SIZE', isRight: true },
  { title: 'STORED IN', isRight: true },
  { title: 'HIDDEN BY', isRight: true },
  { title: 'PATH' },
];
const LAYERS = [
  { title: 'LAYER', isRight: true },
  { title: 'STORED', isRight: true },
  { title: 'HIDDEN', isRight: true },
  { title: 'HIDES', isRight: true },
  { title: 'COMMAND' },
];
/** Files that are shown; --json has all. */
const MOST = 20;

/**
 * @param {ImageWaste} found
 * @param {Output} output
 */
function print(found, output) {
  const percent = (/** @type {{ stored: number, wasted: number }} */ { stored, wasted }) =>
    `${size(wasted)} of ${size(stored)} (${stored === 0 ? '0.0' : ((wasted / stored) * 100).toFixed(1)} %)`;
  output.line(`wasted: ${percent(found)}`);
  if (found.withoutBase) output.line(`without the base image: ${percent(found.withoutBase)}`);
  output.line(`dive: efficiency ${(found.dive.efficiency * 100).toFixed(1)} %, wasted ${size(found.dive.wasted)}`);
  output.line();
  const command = (/** @type {string | undefined} */ text) => (text ?? '').replace(/\s+/g, ' ').slice(0, 60);
  printTable(
    output,
    LAYERS,
    found.layers.map(({ stored, hidden, hides, createdBy }, layer) => [
      layer,
      size(stored),
      size(hidden),
      size(hides),
      command(createdBy),
    ]),
  );
  if (found.files.length === 0) return;
  output.line();
  const largest = [...found.files].sort((one, other) => other.size - one.size);
  printTable(
    output,
    FILES,
    largest.slice(0, MOST).map(({ size: stored, layer, by, path }) => [size(stored), layer, by, path]),
  );
  if (largest.length > MOST) output.note(`${largest.length - MOST} smaller ones are not shown; --json has all`);
}
