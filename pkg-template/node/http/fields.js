// Header fields as Node has them: names and values in turn.

/**
 * Returns the first value of a field.
 * @param {string[]} fields
 * @param {string} name in lower case
 */
export function fieldOf(fields, name) {
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at].length === name.length && fields[at].toLowerCase() === name) return fields[at + 1];
  }
  return undefined;
}

/**
 * Returns the fields whose names pass.
 * @param {string[]} fields
 * @param {(name: string) => boolean} passes
 */
export const filtered = (fields, passes) => fields.filter((_, at) => passes(fields[at - (at % 2)].toLowerCase()));
