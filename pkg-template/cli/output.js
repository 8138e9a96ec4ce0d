// What is printed. Tags, messages and labels come from registries, whom nobody has to trust: what would move a
// terminal's cursor, show a text backwards or hide a part of it is shown as an escape.

import process from 'node:process';

/** Those of the module's own protocol/printable.rs. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;
const COLORS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

const escapedUnit = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
/** As JSON has it too. */
const escaped = (character) => character.split('').map(escapedUnit).join('');

/** One line without anything that a terminal obeys. */
export const clean = (text) => String(text).replace(UNSAFE, escaped);

/** Several lines, each cleaned. */
const cleanLines = (text) => String(text).split('\n').map(clean).join('\n');

/** `closed` is called when nobody reads any longer what is printed; that is no failure. */
export function watchPipes(closed) {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error;
      closed();
    });
  }
}

/** @param {{ json?: boolean, quiet?: boolean, color?: string }} options */
export function createOutput({ json = false, quiet = false, color = 'auto' }) {
  const { stdout, stderr } = process;
  const isTerminal = (stream) => Boolean(stream.isTTY) && process.env.TERM !== 'dumb';
  const isColored = (stream) => color === 'always' || (color === 'auto' && isTerminal(stream) && !process.env.NO_COLOR);
  const painter = (stream) => (name, text) => (isColored(stream) ? `\x1b[${COLORS[name]}m${text}\x1b[0m` : text);
  const paint = painter(stdout);
  const paintError = painter(stderr);
  return {
    isJson: json,
    /** Whether bars may be drawn. */
    isLive: isTerminal(stderr) && !quiet && !json,
    /** Cleaned lines, each in a color if need be. */
    line: (text = '', name) => stdout.write(`${name ? paint(name, clean(text)) : clean(text)}\n`),
    /** The package's own text. */
    text: (text) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    /** JSON escapes the rest itself. */
    json: (value) => stdout.write(`${cleanLines(JSON.stringify(value, undefined, 2))}\n`),
    bytes: (bytes) => stdout.write(bytes),
    note: (text) => void (quiet || stderr.write(`${clean(text)}\n`)),
    warn: (text) => void (quiet || stderr.write(`${paintError('yellow', 'warning:')} ${clean(text)}\n`)),
    error: (code, message) => stderr.write(`${paintError('red', 'error:')} ${clean(code)}: ${clean(message)}\n`),
    /** Several lines at most: a stack, say. */
    advice: (text) => stderr.write(`${cleanLines(text)}\n`),
  };
}
