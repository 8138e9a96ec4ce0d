// The keys of the page, and what they do; those of lists are where lists are.

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

/** `open(text)`: opens the palette with a text in it. */
export function onShortcut(open) {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || document.querySelector('dialog[open]')) return;
    const isControl = event.ctrlKey || event.metaKey;
    const isPalette = isControl && event.key.toLowerCase() === 'k';
    const isKey = !isControl && ['/', '?'].includes(event.key) && hasShortcuts() && !event.target.closest?.(TYPING);
    if (!isPalette && !isKey) return;
    event.preventDefault();
    open(event.key === '?' ? '?' : '');
  });
}
