// The registry that a copy goes to: the one that is open, or another one with a login of its own.

import { h } from '../../dom.js';
import { field } from '../forms.js';

/** `open(signal)` resolves to a session of what is chosen. A password stays in the session; the field is emptied. */
export function targetRegistry({ session, sessionFor }) {
  const text = (id, properties) =>
    h('input', { id, spellcheck: 'false', autocapitalize: 'none', autocomplete: 'off', ...properties });
  const address = text('copy-address', { placeholder: 'registry.example.com' });
  const username = text('copy-user');
  const password = text('copy-password', { type: 'password' });
  const fields = h(
    'div',
    { class: 'stack' },
    field('Registry address', address),
    h(
      'div',
      { class: 'form-grid' },
      field('User', username, { note: 'optional' }),
      field('Password', password, { note: 'optional' }),
    ),
  );
  const radio = (value, label, checked) =>
    h(
      'label',
      { class: 'choice' },
      h('input', {
        type: 'radio',
        id: `copy-to-${value}`,
        name: 'copy-registry',
        value,
        checked,
        onchange: () => adapt(value === 'other'),
      }),
      h('span', {}, label),
    );
  let isOther = false;
  const adapt = (other) => {
    isOther = other;
    fields.hidden = !other;
    address.required = other;
  };
  adapt(false);
  const element = h(
    'div',
    { class: 'stack', role: 'radiogroup', 'aria-label': 'Registry' },
    h('div', { class: 'choices' }, radio('this', session.host, true), radio('other', 'Another registry', false)),
    fields,
  );

  /** The last one, so that its login is kept when somebody looks again. */
  let opened;
  async function open(signal) {
    const typed = address.value.trim();
    const isShown = typed === session.label || typed === session.host;
    const choice = {
      address: isShown ? session.label : typed,
      username: username.value.trim(),
      password: password.value,
    };
    if (!isOther || (isShown && choice.username === '')) return session;
    if (opened?.label === choice.address && opened.user === choice.username && !choice.password) return opened;
    const next = sessionFor({ ...choice, isTarget: true });
    await next.connect(signal);
    password.value = '';
    opened = next;
    return next;
  }
  return {
    element,
    open,
    /** The address of another registry; undefined for the one that is open. */
    get other() {
      return isOther ? address.value.trim() : undefined;
    },
    get hasCredentials() {
      return username.value.trim() !== '';
    },
  };
}
