// What two images are, and how their layers and configs differ.

import { h } from '../../../dom.js';
import { sharedLayers } from '../../../model/contents/compared.js';
import { digestHref, tagHref } from '../../../router.js';
import { ago, bytes, instant } from '../../../text/format.js';
import { digest } from '../../../ui/copy.js';
import { manyRows } from '../../../ui/lists/many-rows.js';
import { block, facts, table } from '../../common.js';

export function sideFacts({ text, reference, repository, image }, at, images) {
  const { name } = repository;
  const href = reference.tag === undefined ? digestHref(name, reference.digest) : tagHref(name, reference.tag);
  const change = at === 1 ? images[1].size - images[0].size : 0;
  return block(
    at === 0 ? 'Before' : 'After',
    facts([
      ['Image', h('a', { href }, text)],
      ['Digest', image.digest && digest(image.digest, `digest of ${text}`, digestHref(name, image.digest))],
      ['Created', image.created && `${instant(image.created)} ${ago(image.created)}`],
      [
        'Size',
        [
          bytes(image.size),
          change ? h('span', { class: 'muted' }, ` (${change > 0 ? '+' : '−'}${bytes(Math.abs(change))})`) : null,
        ],
      ],
      ['Layers', String(image.layers.length)],
    ]),
  );
}

export function layersBlock(images) {
  const shared = sharedLayers(images);
  const common = images[0].layers.slice(0, shared);
  const size = common.reduce((sum, layer) => sum + (layer.size ?? 0), 0);
  const own = images.map(({ layers }) => layers.slice(shared));
  const digests = own.map((layers) => new Set(layers.map((one) => one.digest).filter(Boolean)));
  const rowOf = (side, layer, index) => [
    side,
    `Layer ${shared + index}`,
    layer.digest ? digest(layer.digest, `digest of layer ${shared + index}`) : layer.id,
    h('span', { class: 'number' }, bytes(layer.size)),
  ];
  const rows = [
    // The same layer may lie on others.
    ...own[0].map((layer, index) => [digests[1].has(layer.digest) ? 'Both' : 'Before', layer, index]),
    ...own[1].flatMap((layer, index) => (digests[0].has(layer.digest) ? [] : [['After', layer, index]])),
  ];
  return block(
    'Layers',
    h('p', {}, shared > 0 ? `${shared} shared from the base on, ${bytes(size)}.` : 'They share no layer.'),
    rows.length > 0
      ? manyRows(
          rows,
          (some) =>
            table(
              'Layers above those',
              ['In', 'Layer', 'Digest', 'Size'],
              some.map((one) => rowOf(...one)),
            ),
          'layer',
        )
      : null,
  );
}

export function configBlock(changes) {
  if (changes.length === 0) return block('Config', h('p', { class: 'muted' }, 'No difference.'));
  const value = (one) =>
    one === undefined ? h('span', { class: 'muted' }, 'absent') : h('code', {}, JSON.stringify(one));
  return block(
    'Config',
    manyRows(
      changes,
      (some) =>
        table(
          'Differences of the config',
          ['Field', 'Before', 'After'],
          some.map(({ field, before, after }) => [h('code', {}, field), value(before), value(after)]),
        ),
      'difference',
    ),
  );
}
