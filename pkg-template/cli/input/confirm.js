// Asks before something is destroyed.

import { ask, isTerminal } from './prompt.js';
import { Usage } from './usage.js';

/**
 * Returns true with --yes, otherwise only if the user types the word.
 * @param {string} word
 * @param {{ options: { yes?: boolean }, signal: AbortSignal, show: () => Promise<void> | void }} call `show` prints what
 *   will happen
 */
export async function isConfirmed(word, { options, signal, show }) {
  if (options.yes) return true;
  if (!isTerminal()) throw new Usage('--yes is needed where there is no terminal to ask on');
  await show();
  return (await ask(`Type ${word} to confirm: `, { signal })).trim() === word;
}
