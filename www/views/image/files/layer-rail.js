// The layers of an image beside its files: command and size of each, base first.

import { h } from '../../../dom.js';
import { bytes } from '../../../text/format.js';

/** `link(at)`: the address of a layer. `selected`: its position, or undefined. */
export function layerRail({ layers, steps, selected, link }) {
  const makers = steps.filter((step) => step.layer);
  const largest = Math.max(...layers.map(({ size = 0 }) => size), 1);
  return h(
    'ol',
    { 'aria-label': 'Layers', start: 0 },
    layers.map((layer, at) =>
      h(
        'li',
        {},
        h(
          'a',
          { href: link(at), 'aria-current': at === selected && 'true', title: makers[at]?.createdBy },
          h('span', { class: 'rail-line' }, h('span', {}, `Layer ${at}`), h('span', {}, bytes(layer.size))),
          h('code', { class: 'rail-command' }, commandOf(makers[at])),
          h(
            'span',
            { class: 'bar', 'aria-hidden': 'true' },
            h('span', { style: { width: `${(100 * (layer.size ?? 0)) / largest}%` } }),
          ),
        ),
      ),
    ),
  );
}

/** The command without what every step has. */
export const commandOf = (step) =>
  step?.createdBy?.replace(/^(RUN )?\/bin\/sh -c (#\(nop\)\s*)?/, '$1').replace(/ # buildkit$/, '') || '(no command)';
