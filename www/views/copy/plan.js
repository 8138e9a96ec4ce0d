// What a copy would do, as source and target are now; and the button that starts it.

import { h } from '../../dom.js';
import { bytes, mediaTypeName, platformName, plural } from '../../text/format.js';
import { shortDigest } from '../../text/references.js';
import { startCopy } from '../../model/activities/copying.js';
import { facts, table } from '../common.js';
import { choice } from '../forms.js';

/** `items`: `{ tag, extent, before }`. `present`: what the target has already. `started()`: the copy is under way. */
export function planView({ from, to, source, target, items, present, referrers, started }) {
  const [first] = items;
  const platforms = items.length === 1 && first.extent.isIndex ? first.extent.platforms.map(platformName) : [];
  const names = [...new Set(platforms)].filter(Boolean);
  const wanted = new Set(names);
  const isPart = () => wanted.size < names.length;
  /** Those that exist and would change. Some platforms make another image than all. */
  const moved = () =>
    items.filter(({ extent, before }) => before !== undefined && (isPart() || before !== extent.digest));
  const blobs = new Map(items.flatMap(({ extent }) => [...extent.blobs, ...extent.manifests]));
  const size = [...blobs.values()].reduce((total, one) => total + one, 0);
  const submit = h('button', { type: 'submit', class: 'primary' }, 'Copy');
  const move = choice('Move tags of the target that point elsewhere', { onchange: () => update() });
  const same = h('p', { class: 'good' }, 'The target has it already. There is nothing to copy.');
  const update = () => {
    const isSame = !isPart() && !referrers && items.every(({ extent, before }) => before === extent.digest);
    move.element.hidden = moved().length === 0;
    same.hidden = !isSame;
    submit.hidden = isSame;
    submit.disabled = (names.length > 0 && wanted.size === 0) || (moved().length > 0 && !move.input.checked);
  };
  update();
  return h(
    'form',
    {
      class: 'block',
      onsubmit: (event) => {
        event.preventDefault();
        if (submit.disabled) return;
        startCopy({
          from,
          to,
          source,
          target,
          items: items.map(({ tag, extent, before }) => ({ tag, digest: extent.digest, before })),
          platforms: isPart() ? [...wanted] : undefined,
          referrers,
          size: isPart() || referrers ? undefined : size,
        });
        started();
      },
    },
    h('h2', {}, 'What would be copied'),
    table(
      'Tags to copy',
      ['Tag', 'Image', 'At the target'],
      items.map(({ tag, extent, before }) => [
        h('strong', {}, tag),
        [
          h('code', { title: extent.digest }, shortDigest(extent.digest)),
          ` ${mediaTypeName(extent.mediaType)}, ${bytes(extent.size)}`,
        ],
        before === undefined
          ? 'new'
          : before === extent.digest
            ? 'the same already'
            : ['points to ', h('code', { title: before }, shortDigest(before)), ' now'],
      ]),
    ),
    facts([
      ['Size', `${bytes(size)} in ${plural(blobs.size, 'blob or manifest', 'blobs and manifests')}`],
      ['There already', thereAlready(present, from === to)],
    ]),
    names.length > 1
      ? h(
          'fieldset',
          {},
          h('legend', {}, 'Platforms'),
          h(
            'div',
            { class: 'choices' },
            names.map(
              (name) =>
                choice(name, {
                  checked: true,
                  onchange: (isChecked) => {
                    if (isChecked) wanted.add(name);
                    else wanted.delete(name);
                    update();
                  },
                }).element,
            ),
          ),
          h('p', { class: 'hint' }, 'All: byte for byte. Some: a new index of these, with another digest.'),
        )
      : null,
    move.element,
    same,
    h('div', { class: 'actions' }, submit),
  );
}

function thereAlready(present, isSameRegistry) {
  if (!present) return 'not known; what is there is skipped';
  const { count, total, missing } = present;
  const rest = missing > 0 ? `, ${bytes(missing)} ${isSameRegistry ? 'to mount' : 'to send'}` : '';
  return `${count} of ${plural(total, 'blob')}${rest}`;
}
