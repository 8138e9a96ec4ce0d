// `packages`

import { printTable } from '../../output/table.js';
import { PLATFORM } from '../content/digest.js';
import { openImage, reading } from './open.js';

/** @import { Command } from '../../commands.js' */

/** @type {Command} */
export const packages = {
  name: 'packages',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'lists the packages that an image has installed',
  details: 'Reads the databases of dpkg, apk and rpm, and os-release.',
  options: { platform: PLATFORM },
  examples: ['packages localhost:5000/team/web:1.0.0'],

  async run(call) {
    const { args, options, output } = call;
    const image = await openImage(args[0], call, options.platform);
    const found = await reading(call, (onProgress) => image.packages({ onProgress }));
    if (output.isJson) return void output.json(found);
    const name = found.osRelease.PRETTY_NAME ?? found.osRelease.ID;
    if (name) output.note(name);
    const columns = ['NAME', 'VERSION', 'ARCHITECTURE', 'MANAGER'].map((title) => ({ title }));
    printTable(
      output,
      columns,
      found.packages.map(({ name, version, architecture = '', manager }) => [name, version, architecture, manager]),
    );
    return undefined;
  },
};
