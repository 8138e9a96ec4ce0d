// The packages that two images differ in. All layers of both have to be read for it.

import { h } from '../../../dom.js';
import { manyRows } from '../../../ui/lists/many-rows.js';
import { readingPart } from '../../../ui/reading.js';
import { block, table } from '../../common.js';

export function comparePackages({ images, store, signal }) {
  return block(
    'Packages',
    readingPart({
      what: 'Compares the installed packages',
      cost: () => store.costOf(images.flatMap(({ layers }) => layers)),
      work: (options) => images[0].diff(images[1], { ...options, packages: true, ignoreTimes: true }),
      render: ({ packages }) =>
        packages.length > 0 ? manyRows(packages, rows, 'package') : h('p', { class: 'muted' }, 'No difference.'),
      signal,
    }),
  );
}

const rows = (packages) =>
  table(
    'Packages that differ',
    ['Package', 'Before', 'After', 'Manager'],
    packages.map(({ name, before, after, architecture, manager }) => [
      [h('strong', {}, name), architecture ? h('span', { class: 'muted' }, ` ${architecture}`) : null],
      before ? h('code', {}, before) : h('span', { class: 'mark mark-new' }, 'new'),
      after ? h('code', {}, after) : h('span', { class: 'mark mark-gone' }, 'gone'),
      manager,
    ]),
  );
