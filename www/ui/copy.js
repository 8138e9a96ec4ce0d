// Copy buttons for digests, commands and documents.

import { announce, h, icon } from '../dom.js';

const SHOWN_FOR = 1600;

/** A button that copies `text()`. `what` names it: "digest", "pull command". */
export function copyButton(text, what, { caption } = {}) {
  const button = h(
    'button',
    {
      type: 'button',
      class: caption ? 'copy' : 'copy icon-button',
      title: `Copy ${what}`,
      'aria-label': `Copy ${what}`,
    },
    icon('copy'),
    icon('check'),
    caption ?? null,
  );
  button.addEventListener('click', () => copyWith(button, text(), what));
  return button;
}

/** Copies a text, and lets the button tell. */
export async function copyWith(button, text, what) {
  const isCopied = await written(text);
  announce(isCopied ? `Copied ${what}` : `The browser did not allow copying the ${what}`);
  const outcome = isCopied ? 'copied' : 'not-copied';
  button.classList.add(outcome);
  // The user would paste something else without noticing.
  if (!isCopied) button.title = `The browser did not allow copying the ${what}`;
  setTimeout(() => button.classList.remove(outcome), SHOWN_FOR);
}

async function written(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writtenByCommand(text);
  }
}

/** Pages without https have no clipboard of their own; browsers still let them copy on a click. */
function writtenByCommand(text) {
  const controller = new AbortController();
  const put = (event) => {
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener('copy', put, { signal: controller.signal, capture: true });
  try {
    return document.execCommand('copy');
  } finally {
    controller.abort();
  }
}

/** A digest, complete in the document, of which as much is visible as there is room for. `href`: where it leads. */
export function digest(value, what = 'digest', href = undefined) {
  const code = h('code', { title: value }, value);
  return h(
    'span',
    { class: 'digest' },
    href ? h('a', { href }, code) : code,
    copyButton(() => value, what),
  );
}

/** A command to paste into a terminal. Long ones scroll, so that the keyboard has to get there. */
export function command(text, what) {
  return h(
    'div',
    { class: 'command' },
    h('pre', { tabindex: 0, role: 'region', 'aria-label': what }, h('code', {}, text)),
    copyButton(() => text, what),
  );
}
