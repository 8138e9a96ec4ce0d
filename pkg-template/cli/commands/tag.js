// `tag` and `untag`

import { inTurn } from './in-turn.js';
import { CONDITIONS, conditionOf } from '../input/condition.js';
import { parseReference, parseTag, selector } from '../input/reference.js';
import { Usage } from '../input/usage.js';

/** @import { Command } from '../commands.js' */

/** @type {Command} */
export const tag = {
  name: 'tag',
  usage: 'HOST/REPOSITORY:TAG|@DIGEST NEWTAG…',
  takes: [2, Infinity],
  changes: true,
  summary: 'points further tags of the repository at an image',
  details: 'The manifest stays as it is, byte for byte, and no layer is transferred. An existing tag is moved.',
  options: CONDITIONS,
  examples: ['tag localhost:5000/team/web:1.0.0 1.0 stable'],

  async run({ args: [text, ...names], options, output, connect }) {
    const reference = await parseReference(text);
    if (reference.tag === undefined && reference.digest === undefined) {
      throw new Usage(
        'the tag or digest of the image is missing: HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST is needed',
      );
    }
    if (options.ifMatch !== undefined && names.length > 1) throw new Usage('--if-match takes one new tag only');
    const condition = conditionOf(options);
    const repository = (await connect(reference.host)).repository(reference.name);
    const tagged = await inTurn(names, async (name) => {
      await repository.tag(name, selector(reference), condition);
      if (!output.isJson) output.line(`${reference.place}:${name}`);
    });
    if (output.isJson) output.json({ done: tagged });
  },
};

/** @type {Command} */
export const untag = {
  name: 'untag',
  aliases: ['rm'],
  usage: 'HOST/REPOSITORY:TAG…',
  takes: [1, Infinity],
  changes: true,
  summary: 'removes tags, and no other tag of the same image',
  examples: ['untag localhost:5000/team/web:edge'],

  async run({ args, output, connect }) {
    const references = await Promise.all(args.map(parseTag));
    const clients = new Map();
    for (const { host } of references) if (!clients.has(host)) clients.set(host, await connect(host));
    const removed = await inTurn(args, async (text) => {
      const { host, name, tag, place } = references[args.indexOf(text)];
      await clients.get(host).repository(name).untag(tag);
      if (!output.isJson) output.line(`${place}:${tag}`);
    });
    if (output.isJson) output.json({ done: removed });
  },
};
