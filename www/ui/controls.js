// Small controls of lists: a choice with its label, two values side by side, a check box.

import { h } from '../dom.js';

/** A select with its label; `values`: value to caption. `isPlain`: the values say what they are, and the label is for screen readers. */
export function choice({ id, label, values, value, onchange, isPlain = false }) {
  const select = h(
    'select',
    { id, onchange: () => onchange(select.value) },
    Object.entries(values).map(([one, caption]) => h('option', { value: one, selected: one === value }, caption)),
  );
  return h(
    'label',
    { class: 'switch' },
    h('span', { class: isPlain ? 'visually-hidden' : 'choice-label' }, label),
    select,
  );
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
