// The history of an image, and the Dockerfile reconstructed from it.

import { h } from '../../dom.js';
import { bytes, instant, plural } from '../../text/format.js';
import { copyButton } from '../../ui/copy.js';
import { manyRows } from '../../ui/lists/many-rows.js';
import { emptyBox, part } from '../../ui/part.js';

export function historySection({ image, link, signal }) {
  return part({
    signal,
    lines: 8,
    label: 'Reading the history',
    work: async () => (await image()).history({ signal }),
    render: (steps) => {
      if (steps.length === 0) return emptyBox('This image has no history');
      return h(
        'div',
        { class: 'stack' },
        h('p', { class: 'muted' }, `${plural(steps.length, 'step')}, oldest first.`),
        manyRows(steps, (some) => h('ol', { class: 'timeline' }, items(some, link)), 'step'),
      );
    },
  });
}

function items(steps, link) {
  let layers = 0;
  return steps.map((step, at) =>
    stepItem(step, at, step.layer && { position: layers, href: link('layers', { layer: String(layers++) }) }),
  );
}

function stepItem(step, at, layer) {
  return h(
    'li',
    { class: step.emptyLayer ? 'no-layer' : 'with-layer' },
    h(
      'pre',
      { class: 'step', tabindex: 0, role: 'region', 'aria-label': `Step ${at + 1}` },
      h('code', {}, step.createdBy || '(no command)'),
    ),
    h(
      'p',
      { class: 'meta' },
      h(
        'span',
        { class: 'meta-item' },
        layer
          ? [h('a', { href: layer.href }, `Layer ${layer.position}`), `, ${bytes(step.layer.size)}`]
          : step.emptyLayer
            ? 'No layer'
            : 'Layer',
      ),
      step.created
        ? h('time', { class: 'meta-item', datetime: step.created.toISOString() }, instant(step.created))
        : null,
      step.author ? h('span', { class: 'meta-item' }, step.author) : null,
      step.comment ? h('span', { class: 'meta-item' }, step.comment) : null,
    ),
  );
}

export function dockerfileSection({ image, signal }) {
  return part({
    signal,
    lines: 8,
    label: 'Reconstructing the Dockerfile',
    work: async () => (await image()).dockerfile({ signal }),
    render: (text) => {
      if (!text.trim()) return emptyBox('There is no history to reconstruct a Dockerfile from');
      return h(
        'div',
        { class: 'stack' },
        h(
          'div',
          { class: 'title-line' },
          h(
            'p',
            { class: 'muted' },
            'Reconstructed from the history. It includes the steps of the base image, but not the copied files.',
          ),
          copyButton(() => text, 'Dockerfile', { caption: 'Copy' }),
        ),
        h(
          'pre',
          { class: 'document numbered', tabindex: 0, role: 'region', 'aria-label': 'Dockerfile' },
          h(
            'code',
            {},
            text
              .replace(/\n$/, '')
              .split('\n')
              .map((line) => h('span', { class: 'line' }, instruction(line), '\n')),
          ),
        ),
      );
    },
  });
}

function instruction(line) {
  const [, keyword, rest] = /^([A-Z]{2,}(?=\s|$))?(.*)$/s.exec(line);
  if (line.startsWith('#')) return h('span', { class: 'json-comment' }, line);
  return keyword ? [h('span', { class: 'json-key' }, keyword), rest] : line;
}
