// `referrers`

import { parseReference, selector } from '../../input/reference.js';
import { size } from '../../output/format.js';
import { PLATFORM } from './digest.js';
import { openManifest } from './open.js';

/**
 * @import { Descriptor, Repository } from 'docker-registry-client-wasm'
 * @import { Command } from '../../commands.js'
 * @import { Output } from '../../output/output.js'
 * @typedef {Descriptor & { referrers: Tree[] }} Tree
 */

/** @type {Command} */
export const referrers = {
  name: 'referrers',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'shows what refers to an image, such as signatures and SBOMs, and what refers to that, as a tree',
  options: {
    'artifact-type': { value: 'TYPE', help: 'shows only referrers of this type, and what refers to them' },
    platform: PLATFORM,
  },
  examples: ['referrers localhost:5000/team/web:1.0.0'],

  async run({ args: [text], options: { artifactType, platform }, output, connect }) {
    const reference = await parseReference(text);
    const repository = (await connect(reference.host)).repository(reference.name);
    const { digest, mediaType } = await openManifest(repository, selector(reference), { platform });
    const trees = await treesOf(repository, digest, { artifactType, above: new Set() });
    if (output.isJson) output.json({ repository: reference.place, digest, mediaType, referrers: trees });
    else {
      output.line(`${reference.place}@${digest}`);
      print(trees, output);
      if (trees.length === 0) output.note('Nothing refers to it.');
    }
  },
};

/**
 * @param {Repository} repository
 * @param {string} digest
 * @param {{ artifactType?: string, above: Set<string> }} options `above`: a registry could list a manifest as its own referrer
 * @returns {Promise<Tree[]>}
 */
async function treesOf(repository, digest, { artifactType, above }) {
  const path = new Set([...above, digest]);
  const found = await repository.referrers(digest, artifactType === undefined ? {} : { artifactType });
  return Promise.all(
    found
      .filter((one) => !path.has(one.digest))
      .map(async (one) => ({ ...one, referrers: await treesOf(repository, one.digest, { above: path }) })),
  );
}

/**
 * @param {Tree[]} trees
 * @param {Output} output
 */
function print(trees, output, indent = '') {
  trees.forEach(({ artifactType, mediaType, digest, size: bytes, referrers: below }, index) => {
    const isLast = index === trees.length - 1;
    output.line(`${indent}${isLast ? '└── ' : '├── '}${artifactType ?? mediaType}  ${digest}  ${size(bytes)}`);
    print(below, output, `${indent}${isLast ? '    ' : '│   '}`);
  });
}
