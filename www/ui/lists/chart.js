// Sizes over time as a small chart of its own lines.

import { h, svg } from '../../dom.js';
import { bytes, instant } from '../../text/format.js';
import { printable } from '../../text/printable.js';

const [WIDTH, HEIGHT, EDGE] = [720, 72, 6];
/** More than the eye tells apart. */
const MOST = 400;

/** `points`: `{ tag, created, size }` in any order. Null where there is nothing to compare. */
export function sizeChart(points) {
  const sorted = points.filter(({ created }) => created.getUTCFullYear() >= 1990).sort((a, b) => a.created - b.created);
  const shown = sorted.length > MOST ? sorted.filter((_, at) => at % Math.ceil(sorted.length / MOST) === 0) : sorted;
  const [first, last] = [shown[0], shown.at(-1)];
  if (shown.length < 3 || first.created.getTime() === last.created.getTime()) return null;
  const largest = shown.reduce((one, other) => (other.size > one.size ? other : one));
  const x = ({ created }) => EDGE + ((created - first.created) / (last.created - first.created)) * (WIDTH - 2 * EDGE);
  const y = ({ size }) => HEIGHT - EDGE - (size / largest.size) * (HEIGHT - 2 * EDGE);
  const line = shown.map((point) => `${x(point).toFixed(1)} ${y(point).toFixed(1)}`).join('L');
  const label = `Size over time: ${told(first)}, to ${told(last)}; the largest is ${told(largest)}`;
  return h(
    'figure',
    { class: 'chart' },
    svg(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': printable(label) },
      svg('path', {
        class: 'chart-area',
        d: `M${x(first).toFixed(1)} ${HEIGHT}L${line}L${x(last).toFixed(1)} ${HEIGHT}Z`,
      }),
      svg('path', { class: 'chart-line', d: `M${line}` }),
      shown.map((point) =>
        svg(
          'path',
          { class: 'chart-point', d: `M${x(point).toFixed(1)} ${y(point).toFixed(1)}h0` },
          svg('title', {}, `${point.tag}: ${bytes(point.size)}, ${instant(point.created)}`),
        ),
      ),
    ),
    h(
      'figcaption',
      { 'aria-hidden': 'true' },
      h('span', {}, date(first)),
      h(
        'span',
        {},
        `${bytes(first.size)} → ${bytes(last.size)}${largest === first || largest === last ? '' : `, at most ${bytes(largest.size)}`}`,
      ),
      h('span', {}, date(last)),
    ),
  );
}

const date = ({ created }) => created.toISOString().slice(0, 10);
const told = (point) => `${bytes(point.size)} (${point.tag}, ${date(point)})`;
