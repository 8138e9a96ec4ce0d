// How the values of options are read. `refuse` makes the error to throw of the rule.

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A whole number. */
export const whole =
  (least = 0) =>
  (text, refuse) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    if (number < least) throw refuse(`a whole number from ${least} on is needed`);
    return number;
  };

/** "30d", as milliseconds. */
export function duration(text, refuse) {
  const [, number, unit] = /^(\d{1,9})(ms|s|m|h|d|w)$/.exec(text) ?? [];
  if (unit === undefined) throw refuse('a time such as 30d is needed, with ms, s, m (minutes), h, d or w');
  return number * UNITS[unit];
}

/** "10M", as bytes: powers of 1024, as nginx and dd read them. */
export function bytes(text, refuse) {
  const [, number, unit] = /^(\d{1,12})([kmg]?)$/i.exec(text) ?? [];
  const size = Number(number) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit?.toLowerCase());
  if (!(size > 0)) throw refuse('a number of bytes above 0 is needed, such as 500k, 10M or 1G');
  return size;
}

export const oneOf =
  (...words) =>
  (text, refuse) => {
    if (!words.includes(text)) throw refuse(`one of ${words.join(', ')} is needed`);
    return text;
  };

/** A proxy's URL. Its password would be for everybody to read. */
export function proxy(text, refuse) {
  if (text.includes('@')) throw refuse('a login stands in HTTPS_PROXY, where others cannot read it, with --proxy env');
  return text;
}
