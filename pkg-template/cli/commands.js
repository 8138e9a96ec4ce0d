// All commands, by name.

import { diagnose } from './diagnose.js';
import { inspect } from './inspect.js';
import { repos } from './repos.js';
import { tags } from './tags.js';

export const commands = named({ repos, tags, inspect, diagnose });

function named(list) {
  return Object.fromEntries(Object.entries(list).map(([name, command]) => [name, { name, ...command }]));
}
