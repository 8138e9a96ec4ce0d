// Suggests names for misspelt ones.

/**
 * Suggests what an unknown name may mean.
 * @param {string} name
 * @param {string[]} known
 */
export function hint(name, known) {
  const [nearest] = known
    .map((other) => ({ other, distance: distance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ other, distance }) => distance <= 1 + other.length / 4)
    .sort((a, b) => a.distance - b.distance);
  return nearest ? `did you mean "${nearest.other}"?` : `there are ${known.join(', ')}`;
}

/**
 * Counts the characters to insert, delete or replace (Levenshtein).
 * @param {string} from
 * @param {string} to
 */
function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j += 1) {
      next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (from[i] === to[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length];
}
