// Formats values for people.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/**
 * Formats a size, such as "12.3 MB"; empty if it is unknown (V1 registries need not report it).
 * @param {number | undefined} bytes
 */
export function size(bytes) {
  if (bytes === undefined || !Number.isFinite(bytes)) return '';
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/**
 * @param {Date | undefined} date
 * @returns {date is Date}
 */
const isDate = (date) => date instanceof Date && !Number.isNaN(date.getTime());

/** Formats a date in UTC, to the minute. */
export const minute = (/** @type {Date | undefined} */ date) =>
  isDate(date) ? date.toISOString().slice(0, 16).replace('T', ' ') : '';
export const instant = (/** @type {Date | undefined} */ date) => (isDate(date) ? date.toISOString() : '');

/** Shortens a digest as docker does, or an id of V1. */
export const shortDigest = (/** @type {string} */ digest) =>
  digest.replace(/^sha256:/, '').slice(0, /^(sha256:|[^:]*$)/.test(digest) ? 12 : 19);

/** @import { Platform } from 'docker-registry-client-wasm' */

/**
 * "linux/arm64/v8", "windows/amd64:10.0.17763.1"
 * @param {Platform} platform
 */
export function platform({ os, architecture, variant, osVersion }) {
  return [os, architecture, variant].filter(Boolean).join('/') + (osVersion ? `:${osVersion}` : '');
}

export const platforms = (/** @type {Platform[]} */ list) => list.map(platform).join(', ');

/** "1 tag", "2 tags" */
export const counted = (/** @type {number} */ number, /** @type {string} */ noun) =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;
