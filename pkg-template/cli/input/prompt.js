// Asks the person at the terminal.

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

import { Interrupted } from '../interrupt.js';

export const isTerminal = () => Boolean(process.stdin.isTTY && process.stderr.isTTY);

/**
 * Returns the line that is typed.
 * @param {string} question
 * @param {{ signal: AbortSignal, isSecret?: boolean }} options what is secret is not shown
 * @returns {Promise<string>}
 */
export function ask(question, { signal, isSecret = false }) {
  const { stdin, stderr } = process;
  // Output may go to a file.
  const output = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : stderr;
  const lines = createInterface({ input: stdin, output, terminal: true });
  // From here on, what is typed is not shown.
  if (isSecret) stderr.write(question);
  return new Promise((resolve, reject) => {
    // In raw mode Ctrl-C is a character.
    lines.once('SIGINT', () => reject(new Interrupted(130)));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    // Ctrl-D
    lines.once('close', () => resolve(''));
    lines.question(isSecret ? '' : question, resolve);
  }).finally(() => {
    lines.close();
    if (isSecret) stderr.write('\n');
  });
}
