// Formats numbers, times and names for people.

import { printable } from './printable.js';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** "31.4 MB": three digits at most, in decimal units, as docker and the command line show sizes. */
export function bytes(count) {
  if (!Number.isFinite(count) || count < 0) return '–';
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

const whole = new Intl.NumberFormat('en');
export const count = (number) => whole.format(number);
/** "1 tag", "2,000 tags". */
export const plural = (number, noun, nouns = `${noun}s`) => `${count(number)} ${number === 1 ? noun : nouns}`;

const isTime = (time) => time instanceof Date && !Number.isNaN(time.getTime());
export const instant = (time) => (isTime(time) ? `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC` : '–');

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const SPANS = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
/** "3 months ago"; empty for placeholder dates of reproducible builds (1970, 1980). */
export function ago(time, now = Date.now()) {
  if (!isTime(time) || time.getUTCFullYear() < 1990) return '';
  const seconds = (time.getTime() - now) / 1000;
  const [unit, span] = SPANS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return relative.format(Math.trunc(seconds / span), unit);
}

/** The part before the first slash; "library" for names without one, as in the package. */
export const namespaceOf = (name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : 'library');

/** As `image({ platform })` takes it: "linux/arm64/v8", "windows/amd64:10.0.20348.1". */
export function platformName(platform) {
  if (!platform?.os && !platform?.architecture) return '';
  const name = [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
  return platform.osVersion ? `${name}:${platform.osVersion}` : name;
}

/** Whether a platform is a real one: attestations are entries of an index for one that does not exist. */
export const isPlatform = (platform) => platform !== undefined && platform.os !== 'unknown';

const MEDIA_TYPES = new Map([
  ['application/vnd.oci.image.index.v1+json', 'OCI image index'],
  ['application/vnd.oci.image.manifest.v1+json', 'OCI image manifest'],
  ['application/vnd.oci.image.config.v1+json', 'OCI image config'],
  ['application/vnd.oci.empty.v1+json', 'OCI empty'],
  ['application/vnd.oci.image.layer.v1.tar', 'OCI layer, tar'],
  ['application/vnd.oci.image.layer.v1.tar+gzip', 'OCI layer, tar + gzip'],
  ['application/vnd.oci.image.layer.v1.tar+zstd', 'OCI layer, tar + zstd'],
  ['application/vnd.docker.distribution.manifest.list.v2+json', 'Docker manifest list'],
  ['application/vnd.docker.distribution.manifest.v2+json', 'Docker manifest, schema 2'],
  ['application/vnd.docker.distribution.manifest.v1+prettyjws', 'Docker manifest, schema 1, signed'],
  ['application/vnd.docker.distribution.manifest.v1+json', 'Docker manifest, schema 1'],
  ['application/vnd.docker.container.image.v1+json', 'Docker image config'],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'Docker layer, tar + gzip'],
  ['application/vnd.docker.image.rootfs.diff.tar', 'Docker layer, tar'],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'Docker foreign layer'],
]);
const MANIFEST = /^application\/vnd\.(oci\.image\.(manifest|index)|docker\.distribution\.manifest(\.list)?)\./;
/** Whether a descriptor is one of a manifest. */
export const isManifest = ({ mediaType }) => MANIFEST.test(mediaType);
/** Names common media types; returns others unchanged. */
export const mediaTypeName = (mediaType) => MEDIA_TYPES.get(mediaType) ?? mediaType;

/** Returns a file name for content of this media type: the title that its author gave it, unless a file cannot have it. */
export function fileName(digest, mediaType = '', title = '') {
  const name = String(title).split(/[/\\]/).pop();
  const isPlain = /^[^.\p{C}\p{Z}<>:"|?*][^\p{C}<>:"|?*]{0,199}$/u.test(name) && !/[. ]$/.test(name);
  // Behind many spaces, nobody sees that a picture is a program.
  if (isPlain && !/\p{Z}{2}/u.test(name) && printable(name) === name) return name;
  const hex = String(digest).split(':').pop().slice(0, 12);
  const extension = /tar[.+]gzip$/.test(mediaType)
    ? '.tar.gz'
    : /tar[.+]zstd$/.test(mediaType)
      ? '.tar.zst'
      : /tar$/.test(mediaType)
        ? '.tar'
        : /json$/.test(mediaType)
          ? '.json'
          : '.bin';
  return `${hex}${extension}`;
}

/** Natural order: "v2" before "v10". */
export const naturalOrder = new Intl.Collator('en', { numeric: true }).compare;
