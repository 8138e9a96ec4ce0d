// Prints. Tags, messages and labels come from registries, which are not trusted: characters that would move a terminal's
// cursor, reverse a text or hide a part of it are shown as escapes.

/** The characters of printable.rs. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u2800\ufff9-\ufffb]|(?!(?<=[\u00a9\u00ae\u203c\u2049\u2100-\u27bf\u2900-\u2bff\u3030\u303d\u3297\u3299\u{1f000}-\u{1faff}])[\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/gu;
const COLORS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

const escapedUnit = (/** @type {string} */ unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
/** The escapes are those of JSON. */
const escaped = (/** @type {string} */ character) => character.split('').map(escapedUnit).join('');

/** Returns the text as one line without control characters. */
export const clean = (/** @type {unknown} */ text) => String(text).replace(UNSAFE, escaped);

/** JSON has no bytes. */
const asBase64 = (/** @type {string} */ _, /** @type {unknown} */ value) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;

/** Cleans each line of a text. */
const cleanLines = (/** @type {unknown} */ text) => String(text).split('\n').map(clean).join('\n');

/**
 * Calls `closed` when the reader of the output has gone (EPIPE), which is not a failure, and `failed` at the first other error.
 * @param {{ closed: () => void, failed: (message: string) => void }} calls
 */
export function watchPipes({ closed, failed }) {
  let isFirst = true;
  for (const [stream, name] of /** @type {const} */ ([
    [process.stdout, 'standard output'],
    [process.stderr, 'standard error'],
  ])) {
    stream.on('error', (/** @type {NodeJS.ErrnoException} */ { code }) => {
      if (code === 'EPIPE') return closed();
      if (!isFirst) return;
      isFirst = false;
      failed(`${name} cannot be written: ${code}`);
    });
  }
}

/** @import { RequestEvent } from 'docker-registry-client-wasm' */
/** @typedef {ReturnType<typeof createOutput>} Output */
/** @typedef {keyof typeof COLORS} Color */

/**
 * @param {{ json?: boolean, format?: (value: unknown) => string, quiet?: boolean, color?: string }} options
 * @param {(text: string) => string} [say] puts the client's messages into the command line's words
 */
export function createOutput({ json = false, format, quiet = false, color = 'auto' }, say = (text) => text) {
  const { stdout, stderr } = process;
  const isTerminal = (/** @type {NodeJS.WriteStream} */ stream) => Boolean(stream.isTTY) && process.env.TERM !== 'dumb';
  const isColored = (/** @type {NodeJS.WriteStream} */ stream) =>
    color === 'always' || (color === 'auto' && isTerminal(stream) && !process.env.NO_COLOR);
  const painter =
    (/** @type {NodeJS.WriteStream} */ stream) => (/** @type {Color} */ name, /** @type {string} */ text) =>
      isColored(stream) ? `\x1b[${COLORS[name]}m${text}\x1b[0m` : text;
  const paint = painter(stdout);
  const paintError = painter(stderr);
  /** JSON escapes control characters itself. */
  const printValue = (/** @type {unknown} */ value, /** @type {number | undefined} */ indent = undefined) =>
    stdout.write(`${format ? format(value) : cleanLines(JSON.stringify(value, asBase64, indent))}\n`);
  return {
    /** Whether values are printed (`json`, `item`), not text for people. */
    isJson: json || format !== undefined,
    /** Whether progress bars may be drawn. */
    isLive: isTerminal(stderr) && !quiet && !json && !format,
    /** Whether a person reads the notes. */
    isWatched: isTerminal(stderr) && !quiet,
    /** Prints a cleaned line, in a color if one is given. */
    line: (/** @type {unknown} */ text = '', /** @type {Color | undefined} */ name = undefined) =>
      stdout.write(`${name ? paint(name, clean(text)) : clean(text)}\n`),
    paint,
    /** Prints a line whose parts are cleaned already, and may be painted. */
    cleaned: (/** @type {string} */ text) => stdout.write(`${text}\n`),
    /** Prints the package's own text. */
    text: (/** @type {string} */ text) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    /** Prints the value that is the command's result. */
    json: (/** @type {unknown} */ value) => printValue(value, 2),
    /** Prints a value of a list, in a line of its own. */
    item: (/** @type {unknown} */ value) => printValue(value),
    /** Prints a failure for programs. */
    failure: (/** @type {unknown} */ value) => void (json && printValue(value)),
    bytes: (/** @type {Uint8Array} */ bytes) => stdout.write(bytes),
    note: (/** @type {unknown} */ text) => void (quiet || stderr.write(`${clean(text)}\n`)),
    warn: (/** @type {unknown} */ text) =>
      void (quiet || stderr.write(`${paintError('yellow', 'warning:')} ${clean(say(String(text)))}\n`)),
    error: (/** @type {unknown} */ code, /** @type {unknown} */ message) =>
      stderr.write(`${paintError('red', 'error:')} ${clean(code)}: ${clean(message)}\n`),
    /** Prints a request that was made. */
    request: (/** @type {RequestEvent} */ { method, url, status, error, duration }) =>
      void stderr.write(
        `${paintError('dim', clean(`${method} ${url} ${status ?? error} ${Math.round(duration)} ms`))}\n`,
      ),
    /** Prints several lines, such as a stack. */
    advice: (/** @type {unknown} */ text) => stderr.write(`${cleanLines(text)}\n`),
  };
}
