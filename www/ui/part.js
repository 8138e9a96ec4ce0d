// A part of the page that loads: a skeleton, then the content, or the error with a retry button.

import { h, icon } from '../dom.js';
import { explain, isOffline, isUnexplained, needsCredentials } from '../errors.js';
import { pageHref } from '../router.js';
import { SIGN_IN, SIGN_IN_NEEDED, tell, whenOnline } from './events.js';

/** `work()` returns a promise, and `render(value)` its content. After `signal` aborts, nothing happens any more. */
export function part({ work, render, signal, lines = 4, label = 'Loading' }) {
  const element = h('div', { class: 'part', tabindex: -1 });
  const start = async () => {
    const retried = element.contains(document.activeElement);
    element.setAttribute('aria-busy', 'true');
    element.replaceChildren(skeleton(lines, label));
    // The pressed button no longer exists.
    if (retried) element.focus();
    try {
      const found = await work();
      // Some `render()` functions act: they push, for example.
      if (signal.aborted) return;
      element.replaceChildren(...[render(found)].flat(Infinity).filter(Boolean));
    } catch (error) {
      if (signal.aborted) return;
      element.replaceChildren(errorBox(error, { retry: start }));
      if (isOffline(error)) whenOnline(start, signal);
    }
    element.removeAttribute('aria-busy');
  };
  start();
  return element;
}

export function skeleton(lines, label = 'Loading') {
  return h(
    'div',
    { class: 'skeleton' },
    h('span', { class: 'visually-hidden' }, `${label}…`),
    Array.from({ length: lines }, () => h('div', { class: 'skeleton-line' })),
  );
}

/**
 * Shows what happened, what it means, and what to do. `hasCredentials`: see `explain()`. `more`: what is known better. `doctor`: the
 * address of the page that looks for the cause; what CORS hides and logins leads there.
 */
export function errorBox(
  error,
  { retry, actions, more, hasCredentials, signIn = true, doctor = pageHref('doctor') } = {},
) {
  const { code, message, advice, status } = explain(error, { hasCredentials });
  const canSignIn = signIn && needsCredentials(error);
  const canExamine = doctor && (needsCredentials(error) || isUnexplained(error));
  if (canSignIn) tell(SIGN_IN_NEEDED, error);
  return h(
    'div',
    { class: 'notice error', role: 'alert' },
    icon('alert'),
    h(
      'div',
      { class: 'notice-text' },
      h(
        'p',
        { class: 'notice-title' },
        h('code', { class: 'code' }, code),
        status ? h('span', { class: 'muted' }, `HTTP ${status}`) : null,
      ),
      h('p', {}, message),
      more ?? (advice && advice !== message ? h('p', { class: 'muted' }, advice) : null),
      retry || actions || canSignIn || canExamine
        ? h(
            'div',
            { class: 'actions' },
            canSignIn
              ? h('button', { type: 'button', class: 'primary', onclick: () => tell(SIGN_IN) }, 'Sign in')
              : null,
            retry ? h('button', { type: 'button', onclick: retry }, 'Try again') : null,
            canExamine ? h('a', { class: 'button', href: doctor }, 'Find the cause') : null,
            actions,
          )
        : null,
    ),
  );
}

/** A message for an empty place. */
export function emptyBox(title, ...children) {
  return h('div', { class: 'empty' }, icon('box'), h('p', { class: 'empty-title' }, title), children);
}
