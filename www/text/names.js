// Filters and orders of names.

/**
 * Returns whether a name matches what a person typed. With `*` or `?` it is a glob for the whole name, as in the package;
 * otherwise any part of the name. Case does not matter.
 */
export function matcher(wanted) {
  const text = wanted.trim().toLowerCase();
  if (!/[*?]/.test(text)) return (name) => name.toLowerCase().includes(text);
  return (name) => matchesGlob(name.toLowerCase(), text);
}

/** In linear space, and without a regular expression: `*a*a*a*a` would take it exponential time. */
function matchesGlob(name, glob) {
  let [at, of, star, from] = [0, 0, -1, 0];
  while (at < name.length) {
    if (of < glob.length && glob[of] === '*') [star, from] = [of++, at];
    else if (of < glob.length && (glob[of] === '?' || glob[of] === name[at])) [at, of] = [at + 1, of + 1];
    else if (star >= 0) [of, at] = [star + 1, ++from];
    else return false;
  }
  while (glob[of] === '*') of += 1;
  return of === glob.length;
}

/** The orders of tags: value, caption, and a key by which names are compared as strings. */
export const ORDERS = {
  version: { caption: 'Highest version', key: versionKey, descending: true },
  name: { caption: 'Name', key: (name) => name.replace(/\d+/g, padded) },
  listed: { caption: 'As listed' },
};
/** The tag that a list by version begins with. */
export const highest = (names) => ordered(names, 'version')[0];

/** Sorts names; each key is computed once, because a comparison by locale takes 20,000 tags a second. */
export function ordered(names, order) {
  const { key, descending } = ORDERS[order] ?? ORDERS.listed;
  if (!key) return names;
  const sign = descending ? -1 : 1;
  return names
    .map((name) => [key(name), name])
    .sort(([one], [other]) => (one < other ? -sign : one > other ? sign : 0))
    .map(([, name]) => name);
}

/** Sorts by a number, the highest first; items without one keep their order behind the others. */
export function byNumber(items, numberOf) {
  const keyed = items.map((item) => [numberOf(item), item]);
  const known = keyed.filter(([number]) => Number.isFinite(number)).sort(([one], [other]) => other - one);
  return [...known, ...keyed.filter(([number]) => !Number.isFinite(number))].map(([, item]) => item);
}

const padded = (digits) => {
  const number = digits.replace(/^0+(?=\d)/, '');
  return `${String(number.length).padStart(3, '0')}${number}`;
};
const PRE_RELEASE = /^[-._]?(a|alpha|b|beta|canary|dev|edge|next|nightly|pre|preview|rc|snapshot)(?![a-z])/i;

/**
 * As `describeTags({ order: "version" })` orders them, in the cases that tags have: 1.10 before 1.9 before 1.9-alpine before
 * 1.9-rc1, and what is no version last, by name.
 */
function versionKey(name) {
  const [, numbers, rest] = /^v?(\d+(?:\.\d+)*)(.*)$/is.exec(name) ?? [];
  // A commit's hash begins with a digit too.
  const isVersion = numbers !== undefined && (numbers.includes('.') || !/^[a-z]/i.test(rest) || PRE_RELEASE.test(rest));
  if (!isVersion) return `0${Array.from(name.replace(/\d+/g, padded), inverted).join('')}\uffff`;
  const key = numbers
    .split('.')
    .map(padded)
    .join('.')
    .replace(/(\.0010)+$/, '');
  const kind = rest === '' ? '3' : PRE_RELEASE.test(rest) ? '1' : '2';
  return `1${key} ${kind}${rest.replace(/\d+/g, padded)}`;
}

/** The order is descending, but names without a version are read upwards. */
const inverted = (character) => String.fromCharCode(0xffff - character.charCodeAt(0));
