// Asks before something is destroyed.

import process from 'node:process';
import { createInterface } from 'node:readline/promises';

import { clean } from '../output/output.js';
import { Usage } from './usage.js';

/**
 * Returns true with --yes, and else if the word is typed.
 * @param {string} word
 * @param {{ options: { yes?: boolean }, signal: AbortSignal, show: () => Promise<void> | void }} call `show` prints what
 *   will happen
 */
export async function isConfirmed(word, { options, signal, show }) {
  if (options.yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new Usage('--yes is needed where there is no terminal to ask on');
  await show();
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`Type ${clean(word)} to confirm: `, { signal })).trim() === word;
  } finally {
    terminal.close();
  }
}
