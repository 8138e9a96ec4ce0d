// All commands, by name.

import { cleanup } from './cleanup.js';
import { copy } from './copy.js';
import { diagnose } from './diagnose.js';
import { inspect } from './inspect.js';
import { repos } from './repos.js';
import { tag, untag } from './tag.js';
import { tags } from './tags.js';

export const commands = named({ repos, tags, inspect, tag, untag, copy, cleanup, diagnose });

function named(list) {
  return Object.fromEntries(Object.entries(list).map(([name, command]) => [name, { name, ...command }]));
}
