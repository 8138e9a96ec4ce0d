// The keys of the page, and what they do; those of lists are where lists are.

import { announce } from '../dom.js';
import { hasShortcuts } from '../model/preferences.js';

/** As the palette shows them. */
export const SHORTCUTS = [
  ['/ or Ctrl K', 'Go to a repository, tag, digest or command'],
  ['?', 'These shortcuts'],
  ['↑ ↓ Page Up Page Down Home End', 'Move in a list'],
  ['Enter', 'Open the row'],
  ['Space', 'Preview the tag beside the list; Esc closes it'],
  ['x', 'Select the tag'],
  ['Shift ↑ ↓', 'Select a range'],
  ['Ctrl A', 'Select all tags shown'],
  ['→ ←', 'Open or close a namespace'],
];

const TYPING = 'input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]';

/**
 * `open(asked)`: opens the palette with `asked.text`, to which is added what is typed while the palette loads; `asked.isEntered`: Enter
 * was pressed too. Returns a function that does what the shortcut does.
 */
export function onShortcut(open) {
  let asked;
  const begin = async (text) => {
    if (asked) return;
    asked = { text, isEntered: false };
    try {
      await open(asked);
    } catch {
      // Its script has not been loaded before, and now the line is gone.
      announce('The palette could not be loaded');
    } finally {
      asked = undefined;
    }
  };
  document.addEventListener('keydown', (event) => {
    if (asked && !event.ctrlKey && !event.metaKey && (event.key === 'Enter' || event.key.length === 1)) {
      if (event.key === 'Enter') asked.isEntered = true;
      else if (!asked.isEntered) asked.text += event.key;
      return event.preventDefault();
    }
    if (event.defaultPrevented || event.altKey || document.querySelector('dialog[open]')) return undefined;
    const isControl = event.ctrlKey || event.metaKey;
    const isPalette = isControl && event.key.toLowerCase() === 'k';
    const isKey = !isControl && ['/', '?'].includes(event.key) && hasShortcuts() && !event.target.closest?.(TYPING);
    if (!isPalette && !isKey) return undefined;
    event.preventDefault();
    return begin(event.key === '?' ? '?' : '');
  });
  return begin;
}
