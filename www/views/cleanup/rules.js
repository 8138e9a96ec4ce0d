// The rules of a clean-up, as a form.

import { h } from '../../dom.js';
import { choice, field } from '../forms.js';

const START = { remove: '*', newest: '10', keepTags: 'latest', per: 'all', untagged: true };

/** `rules`: what is typed, kept by the caller. `edited(policy)`: after each change. `make(policy)` and `load(file)`: what the buttons do. */
export function rulesForm({ rules, edited, make, load }) {
  if (Object.keys(rules).length === 0) Object.assign(rules, START);
  const text = (key, properties) =>
    h('input', {
      id: `rule-${key}`,
      value: rules[key] ?? '',
      spellcheck: 'false',
      autocapitalize: 'none',
      autocomplete: 'off',
      'data-rule': key,
      ...properties,
    });
  const number = (key, min) => text(key, { type: 'number', min, step: 1, inputmode: 'numeric' });
  const check = (key, label) => choice(label, { checked: Boolean(rules[key]), 'data-rule': key }).element;
  const per = h(
    'select',
    { id: 'rule-per', 'data-rule': 'per' },
    Object.entries({ all: 'of all', major: 'of each major version', minor: 'of each minor version' }).map(
      ([value, caption]) => h('option', { value, selected: rules.per === value }, caption),
    ),
  );
  const file = h('input', {
    type: 'file',
    accept: '.json,application/json',
    hidden: true,
    'aria-label': 'Plan to load',
    onchange: () => {
      if (file.files[0]) load(file.files[0]);
      file.value = '';
    },
  });
  const typed = ({ currentTarget: form }) => {
    for (const input of form.querySelectorAll('[data-rule]'))
      rules[input.dataset.rule] = input.type === 'checkbox' ? input.checked : input.value;
    return policyOf(rules);
  };
  return h(
    'form',
    {
      class: 'block rules',
      oninput: (event) => edited(typed(event)),
      onsubmit: (event) => {
        event.preventDefault();
        make(typed(event));
      },
    },
    h(
      'div',
      { class: 'pair' },
      h(
        'fieldset',
        {},
        h('legend', {}, 'Remove tags that match all of'),
        field('Names', text('remove', { placeholder: '*' }), { hint: 'Globs, separated by commas: pr-*, *-rc?' }),
        field('Older than', text('olderThan', { placeholder: '30d' }), { hint: 'An age (12h, 30d, 8w) or a date' }),
        check('prerelease', 'Only pre-releases such as 1.2.0-rc1'),
        check('untagged', 'With the manifests that only they need'),
      ),
      h(
        'fieldset',
        {},
        h('legend', {}, 'Keep what matches one of'),
        h(
          'div',
          { class: 'form-grid' },
          field('The newest', number('newest', 0), { hint: 'Images, of those to remove' }),
          field('Newer than', text('newerThan', { placeholder: '7d' }), { hint: 'An age or a date' }),
        ),
        field('Protected names', text('keepTags', { placeholder: 'latest, v*' }), {
          hint: 'Globs, separated by commas',
        }),
        h('div', { class: 'form-grid' }, field('The highest releases', number('highest', 1)), field('Count', per)),
        check('releases', 'All releases, which are versions without a suffix'),
      ),
    ),
    h(
      'div',
      { class: 'actions' },
      h('button', { type: 'submit', class: 'primary' }, 'Make a plan'),
      h('button', { type: 'button', onclick: () => file.click() }, 'Load a plan…'),
      file,
    ),
  );
}

const listOf = (text) => (text ?? '').split(/[\s,]+/).filter(Boolean);
const numberOf = (text) => (text === undefined || text === '' ? undefined : Number(text));
const given = (parts) => Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));

/** What is typed, as the package takes it. It says itself what is wrong with it. */
export function policyOf(rules) {
  const remove = listOf(rules.remove);
  const keepTags = listOf(rules.keepTags);
  const semver = given({
    releases: rules.releases || undefined,
    highest: numberOf(rules.highest),
    per: rules.highest ? rules.per : undefined,
  });
  return {
    remove: given({
      tags: remove.length > 0 ? remove : undefined,
      olderThan: rules.olderThan?.trim() || undefined,
      prerelease: rules.prerelease || undefined,
    }),
    keep: given({
      newest: numberOf(rules.newest),
      newerThan: rules.newerThan?.trim() || undefined,
      tags: keepTags.length > 0 ? keepTags : undefined,
      semver: Object.keys(semver).length > 0 ? semver : undefined,
    }),
    untagged: Boolean(rules.untagged),
  };
}
