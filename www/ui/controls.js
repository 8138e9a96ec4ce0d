// Small controls of lists: a choice with its label, two values side by side, a check box.

import { h } from '../dom.js';

/** A select with its label; `values`: value to caption. */
export function choice({ id, label, values, value, onchange }) {
  const select = h(
    'select',
    { id, onchange: () => onchange(select.value) },
    Object.entries(values).map(([one, caption]) => h('option', { value: one, selected: one === value }, caption)),
  );
  return h('label', { class: 'switch' }, label, select);
}

export function checkbox({ id, label, title, checked, onchange }) {
  const control = h('input', { type: 'checkbox', id, checked, onchange: () => onchange(control.checked) });
  return h('label', { class: 'switch', title }, control, label);
}

/** Radio buttons that look like one button with parts. */
export function segments({ name, label, values, value, onchange }) {
  return h(
    'div',
    { class: 'segments', role: 'radiogroup', 'aria-label': label },
    Object.entries(values).map(([one, caption]) =>
      h(
        'label',
        {},
        h('input', { type: 'radio', name, checked: one === value, onchange: () => onchange(one) }),
        h('span', {}, caption),
      ),
    ),
  );
}
