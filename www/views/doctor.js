// What a diagnosis found, with the settings to paste.

import { h } from '../dom.js';
import { explain } from '../errors.js';
import { copyButton } from '../ui/copy.js';
import { errorBox } from '../ui/part.js';

/** Findings that say no more than the error itself. */
const NOTHING_NEW = ['UNREACHABLE', 'CORS_OR_NETWORK', 'CREDENTIALS_NEEDED'];

/**
 * An error that the browser does not explain, and in it what `diagnose()` finds. Only that part changes then: somebody may be about to
 * press one of its buttons.
 */
export function explained({ error, options, signal, diagnose }) {
  const more = h('div', {}, h('p', { class: 'muted' }, 'Looking for the cause…'));
  const show = (...found) => {
    if (!signal.aborted) more.replaceChildren(...found);
  };
  const advise = () => show(h('p', { class: 'muted' }, explain(error, options).advice));
  diagnose().then(({ findings }) => {
    const causes = findings.filter(({ severity, code }) => severity !== 'info' && !NOTHING_NEW.includes(code));
    if (causes.length > 0) show(...causes.map((one) => finding(one)));
    else advise();
  }, advise);
  return errorBox(error, { ...options, more });
}

/** `before`: what stands before its message. */
export function finding({ message, fix = {} }, before = null) {
  return h(
    'div',
    { class: 'finding' },
    h('p', {}, before, message),
    fix.distribution ? settings('Settings for distribution (config.yml)', fix.distribution) : null,
    fix.nginx ? settings('Settings for nginx', fix.nginx) : null,
  );
}

const settings = (title, text) =>
  h(
    'details',
    {},
    h('summary', {}, title),
    h('pre', { class: 'document', tabindex: 0, role: 'region', 'aria-label': title }, h('code', {}, text)),
    copyButton(() => text, title.toLowerCase(), { caption: 'Copy' }),
  );
