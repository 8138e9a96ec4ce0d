// What a list of repositories tells of each: how many tags it has, and what the highest of them is.

import { companionOf } from './tag-facts.js';
import { highest } from '../../text/names.js';

/** About how many requests it takes: the tags, and a manifest with its config. */
export const REQUESTS_EACH = 3;

/** Resolves to `{ tags, newest, data }`; `newest` is the tag of the highest version, and `data` what it points to. */
export async function readRepository(repository, signal) {
  const all = await repository.tags({ signal });
  const tags = all.filter((tag) => !companionOf(tag));
  const newest = highest(tags.length > 0 ? tags : all);
  return { tags: tags.length, newest, data: newest && (await repository.data(newest, { signal })) };
}
