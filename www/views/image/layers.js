// The layers of an image, base first: size, build step, and download.

import { h, textOrLink } from '../../dom.js';
import { bytes, fileName, mediaTypeName, plural } from '../../text/format.js';
import { digest } from '../../ui/copy.js';
import { manyRows } from '../../ui/lists/many-rows.js';
import { emptyBox, part } from '../../ui/part.js';
import { transferButton } from '../../ui/tray/transfer.js';

export function layersSection({ repository, image, link, route, signal }) {
  let jump = () => {};
  const element = part({
    signal,
    lines: 8,
    label: 'Reading the layers',
    work: async () => {
      const found = await image();
      return { found, steps: await found.history({ signal }) };
    },
    render: ({ found, steps }) => {
      const makers = steps.filter((step) => step.layer);
      const list = blobList({
        what: 'layer',
        repository,
        descriptors: found.layers,
        note: (at) => makers[at]?.createdBy,
        open: (at, options) => found.layerStream(at, options),
        isVerified: found.verified,
        filesHref: (at) => link('files', { layer: String(at) }),
        jumpHref: (at) => link('layers', { layer: String(at) }),
        signal,
      });
      jump = ({ query }) => {
        const rowOf = () => list.querySelectorAll('.layers > li')[Number(query.layer)];
        if (!query.layer) return;
        if (!rowOf()) list.querySelector('.show-all')?.click();
        const row = rowOf();
        if (!row) return;
        row.focus({ preventScroll: true });
        row.scrollIntoView({ block: 'center' });
      };
      // Once it is in the document.
      requestAnimationFrame(() => jump(route));
      return list;
    },
  });
  return {
    element: h('div', {}, element),
    update: (next) => {
      route = next;
      jump(next);
    },
  };
}

/** The blobs of an artifact, which come from the repository because there is no image. */
export function artifactBlobs({ repository, manifest, signal }) {
  return blobList({
    what: 'blob',
    repository,
    descriptors: manifest.layers ?? [],
    note: (at) => titleOf(manifest.layers[at]),
    open: (at, options) => repository.blob(manifest.layers[at].digest, options),
    isVerified: true,
    signal,
  });
}

const titleOf = ({ annotations }) => annotations?.['org.opencontainers.image.title'];

/** `filesHref(at)`, `jumpHref(at)`: addresses of a layer's files and row. */
function blobList({ what, repository, descriptors, note, open, isVerified, filesHref, jumpHref, signal }) {
  if (descriptors.length === 0) return emptyBox(`There are no ${what}s`);
  const total = descriptors.reduce((sum, { size = 0 }) => sum + size, 0);
  const largest = Math.max(...descriptors.map(({ size = 0 }) => size), 1);
  const promise = isVerified
    ? 'Downloads are verified by their digest.'
    : 'Downloads cannot be verified: the V1 protocol has no digests.';
  return h(
    'div',
    { class: 'stack' },
    h(
      'p',
      { class: 'muted' },
      `${plural(descriptors.length, what)}, ${bytes(total)}${what === 'layer' ? ' compressed; the base is first' : ''}. ${promise}`,
    ),
    jumpHref && descriptors.length > 1 && descriptors.length <= MOST_IN_BAR
      ? stackedBar(descriptors, total, note, jumpHref)
      : null,
    manyRows(descriptors, rows, what),
  );

  function rows(some) {
    return h(
      'ol',
      { class: 'layers' },
      some.map((descriptor, at) =>
        h(
          'li',
          { tabindex: jumpHref ? -1 : undefined },
          h('span', { class: 'layer-number', 'aria-hidden': 'true' }, String(at)),
          h(
            'div',
            { class: 'layer-facts' },
            digest(descriptor.digest ?? descriptor.id, `${descriptor.digest ? 'digest' : 'id'} of ${what} ${at}`),
            note(at) ? h('code', { class: 'layer-note', title: note(at) }, note(at)) : null,
            h(
              'p',
              { class: 'layer-type muted', title: descriptor.mediaType },
              mediaTypeName(descriptor.mediaType),
              filesHref ? [' · ', h('a', { href: filesHref(at) }, `Files of layer ${at}`)] : null,
            ),
            (descriptor.urls ?? []).map((url) => h('p', { class: 'layer-type' }, textOrLink(url))),
          ),
          h(
            'div',
            { class: 'layer-size' },
            h('span', { class: 'number' }, bytes(descriptor.size)),
            h(
              'span',
              { class: 'bar', 'aria-hidden': 'true' },
              h('span', { style: { width: `${(100 * (descriptor.size ?? 0)) / largest}%` } }),
            ),
          ),
          transferButton({
            key: `${repository.name}@${descriptor.digest ?? descriptor.id}`,
            label: `${what} ${at}`,
            name: `${what} ${at} of ${repository.name}`,
            file: fileName(descriptor.digest ?? descriptor.id, descriptor.mediaType, titleOf(descriptor)),
            size: descriptor.size,
            isVerified,
            open: (options) => open(at, options),
            signal,
          }),
        ),
      ),
    );
  }
}

/** The parts of a longer bar would be too thin to point at. */
const MOST_IN_BAR = 200;

/** All layers as one bar, each as wide as it is large; each leads to its row. */
function stackedBar(descriptors, total, note, jumpHref) {
  return h(
    'nav',
    { class: 'stacked-bar', 'aria-label': 'Layers by size' },
    descriptors.map(({ size = 0 }, at) =>
      h(
        'a',
        {
          href: jumpHref(at),
          'aria-label': `Layer ${at}, ${bytes(size)}`,
          title: `Layer ${at}, ${bytes(size)}\n${note(at) ?? ''}`,
          style: { 'flex-grow': String(Math.max(size / Math.max(total, 1), 0.005)) },
        },
        h('span', { 'aria-hidden': 'true' }, String(at)),
      ),
    ),
  );
}
