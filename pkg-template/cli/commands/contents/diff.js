// `diff`

import { EXIT } from '../../exit.js';
import { counted, shortDigest } from '../../output/format.js';
import { PLATFORM } from '../content/digest.js';
import { openImage, reading } from './open.js';

/**
 * @import { FileChange, ImageDiff } from 'docker-registry-client-wasm'
 * @import { Command } from '../../commands.js'
 * @import { Color, Output } from '../../output/output.js'
 */

/** @type {Command} */
export const diff = {
  name: 'diff',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST] HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [2, 2],
  summary: 'shows what differs between two images: layers, config and files',
  details: `Layers that both have are not read. So a file that only one image writes in its own layers is shown as written: it
may replace one of the shared layers. --exact reads those too, and tells added, removed and changed files apart.`,
  options: {
    exact: { help: 'reads the layers that both have, too' },
    'ignore-times': { help: 'does not compare modification times' },
    packages: { help: 'compares the installed packages, too; reads all layers' },
    'exit-code': { help: 'ends with exit code 8 if the images differ' },
    platform: PLATFORM,
  },
  examples: ['diff localhost:5000/team/web:1.0.0 localhost:5000/team/web:1.1.0 --ignore-times'],

  async run(call) {
    const { args, options, output } = call;
    const [one, other] = await Promise.all(args.map((text) => openImage(text, call, options.platform)));
    const { exact, ignoreTimes, packages } = options;
    const found = await reading(call, (onProgress) => one.diff(other, { exact, ignoreTimes, packages, onProgress }));
    if (output.isJson) output.json(found);
    else print(found, output);
    const isSame =
      found.files.length + found.config.length + found.layers.before.length + found.layers.after.length === 0;
    return options.exitCode && !isSame ? EXIT.wouldChange : undefined;
  },
};

/**
 * @param {ImageDiff} found
 * @param {Output} output
 */
function print({ layers, config, files, packages = [] }, output) {
  output.line(`${counted(layers.shared.length, 'layer')} in both`);
  const layer =
    (/** @type {string} */ sign, /** @type {Color} */ color) =>
    (/** @type {{ digest?: string }} */ { digest }) =>
      output.line(`${sign} layer ${shortDigest(digest ?? '')}`, color);
  layers.before.forEach(layer('-', 'red'));
  layers.after.forEach(layer('+', 'green'));
  for (const { field, before, after } of config) {
    if (before !== undefined) output.line(`- ${field} ${JSON.stringify(before)}`, 'red');
    if (after !== undefined) output.line(`+ ${field} ${JSON.stringify(after)}`, 'green');
  }
  for (const change of files) {
    const [sign, color] = signOf(change);
    const names = change.metadata ? ` (${change.metadata.join(', ')})` : '';
    output.line(`${sign} ${change.path}${names}`, color);
  }
  for (const { name, before, after } of packages) {
    if (after === undefined) output.line(`- package ${name} ${before}`, 'red');
    else if (before === undefined) output.line(`+ package ${name} ${after}`, 'green');
    else output.line(`~ package ${name} ${before} -> ${after}`);
  }
}

/**
 * @param {FileChange} change
 * @returns {[string, Color | undefined]}
 */
function signOf({ change, side }) {
  if (change === 'added' || (change === 'written' && side === 'after')) return ['+', 'green'];
  if (change === 'removed' || (change === 'written' && side === 'before')) return ['-', 'red'];
  // An image that deletes a path lacks what the other still shows there.
  if (change === 'deleted' || change === 'emptied') return side === 'after' ? ['-', 'red'] : ['+', 'green'];
  return ['~', undefined];
}
