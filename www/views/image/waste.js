// The bytes that an image stores although nobody can see them: in all, by the command that made or hid them, and by path.

import { h } from '../../dom.js';
import { contentsOf } from '../../model/contents/contents.js';
import { bytes, count } from '../../text/format.js';
import { manyRows } from '../../ui/lists/many-rows.js';
import { emptyBox, part } from '../../ui/part.js';
import { readingPart } from '../../ui/reading.js';
import { block, facts, table } from '../common.js';
import { commandOf } from './files/layer-rail.js';

export function wasteSection({ session, image, link, signal }) {
  return part({
    signal,
    lines: 8,
    label: 'Reading the layers',
    work: image,
    render: (found) => {
      const contents = contentsOf(found, session.layerStore);
      const pane = h('div', {});
      const base = h(
        'select',
        { id: 'waste-base', onchange: () => show() },
        h('option', { value: '' }, 'none'),
        found.layers.slice(0, -1).map((_layer, at) => h('option', { value: at + 1 }, `layers 0 to ${at}`)),
      );
      const show = () =>
        pane.replaceChildren(
          readingPart({
            boxed: true,
            what: 'Finds what is stored and hidden',
            cost: () => contents.costOfAll,
            work: (options) => found.waste({ ...options, ...(base.value && { base: Number(base.value) }) }),
            render: (waste) => report(waste, link, Number(base.value)),
            signal,
          }),
        );
      show();
      return h(
        'div',
        { class: 'stack' },
        found.layers.length > 1
          ? h('label', { class: 'switch', title: 'Its own waste is left out' }, 'Base image', base)
          : null,
        pane,
      );
    },
  });
}

const percent = (part, whole) => `${whole > 0 ? ((100 * part) / whole).toFixed(1) : '0.0'} %`;

function report(waste, link, base) {
  const { stored, wasted, withoutBase, dive, files, layers } = waste;
  const ours = withoutBase ?? { stored, wasted };
  return h(
    'div',
    { class: 'stack' },
    h(
      'div',
      { class: 'pair' },
      block(
        base ? 'Waste above the base image' : 'Waste',
        h('p', { class: 'headline' }, h('strong', {}, bytes(ours.wasted)), ` of ${bytes(ours.stored)}`),
        facts([
          ['Share', percent(ours.wasted, ours.stored)],
          ['Hidden files', count(files.length)],
          ['With the base', withoutBase && `${bytes(wasted)} of ${bytes(stored)}`],
        ]),
        h(
          'p',
          { class: 'muted small' },
          'Bytes of files, without compression: what each layer stores and a later one hides or deletes.',
        ),
      ),
      block(
        'Score of dive',
        h('p', { class: 'headline' }, h('strong', {}, `${(100 * dive.efficiency).toFixed(1)} %`), ' efficient'),
        facts([['Wasted, as it counts', bytes(dive.wasted)]]),
        h(
          'p',
          { class: 'muted small' },
          'The program dive adds up the sizes that a path has in different layers. It counts a replaced file with all its copies, the visible ' +
            'one included, and does not look into a deleted directory: it may be more or less than what could be saved.',
        ),
      ),
    ),
    block('By command', byCommand(layers, link)),
    files.length > 0 ? block('By path', byPath(files, link)) : emptyBox('No layer hides anything'),
  );
}

function byCommand(layers, link) {
  const largest = Math.max(...layers.map(({ stored }) => stored), 1);
  return table(
    'Waste by command',
    ['Layer and command', 'Stored', 'Hidden later', 'Hides of others'],
    layers.map((layer, at) => [
      [
        h('a', { href: link('files', { layer: String(at) }) }, `Layer ${at}`),
        ' ',
        h('code', { title: layer.createdBy }, commandOf(layer)),
        h(
          'span',
          { class: 'bar', 'aria-hidden': 'true' },
          h('span', { style: { width: `${(100 * (layer.stored - layer.hidden)) / largest}%` } }),
          h('span', { class: 'hidden-part', style: { width: `${(100 * layer.hidden) / largest}%` } }),
        ),
      ],
      number(layer.stored),
      number(layer.hidden),
      number(layer.hides),
    ]),
  );
}

const number = (value) => h('span', { class: value > 0 ? 'number' : 'number muted' }, value > 0 ? bytes(value) : '–');

function byPath(files, link) {
  const largestFirst = [...files].sort((one, other) => other.size - one.size);
  const rows = (some) =>
    table(
      'Hidden files',
      ['Path', 'Size', 'Stored by', 'Hidden by'],
      some.map(({ path, size, layer, by, replaced }) => [
        h('a', { href: link('files', { layer: String(layer), path }) }, h('code', {}, path)),
        number(size),
        h('a', { href: link('files', { layer: String(layer) }) }, `layer ${layer}`),
        [
          replaced ? 'replaced by ' : 'deleted by ',
          h('a', { href: link('files', { layer: String(by) }) }, `layer ${by}`),
        ],
      ]),
    );
  return manyRows(largestFirst, rows, 'hidden file');
}
