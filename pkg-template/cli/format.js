// Facts as people read them.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** "12.3 MB"; nothing of what is not known (a V1 registry need not tell). */
export function size(bytes) {
  if (!Number.isFinite(bytes)) return '';
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

const isDate = (date) => date instanceof Date && !Number.isNaN(date.getTime());

/** UTC, to the minute. */
export const minute = (date) => (isDate(date) ? date.toISOString().slice(0, 16).replace('T', ' ') : '');
export const instant = (date) => (isDate(date) ? date.toISOString() : '');

/** As docker shortens them, and V1's ids: enough to tell them apart by eye. */
export const shortDigest = (digest) =>
  digest.replace(/^sha256:/, '').slice(0, /^(sha256:|[^:]*$)/.test(digest) ? 12 : 19);

/** "linux/arm64/v8", "windows/amd64:10.0.17763.1" */
export function platform({ os, architecture, variant, osVersion }) {
  return [os, architecture, variant].filter(Boolean).join('/') + (osVersion ? `:${osVersion}` : '');
}

export const platforms = (list) => list.map(platform).join(', ');

/** "1 tag", "2 tags" */
export const counted = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;
