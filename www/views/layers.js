// The layers of an image, base first: size, build step, and download.

import { h, textOrLink } from '../dom.js';
import { bytes, fileName, mediaTypeName, plural } from '../text/format.js';
import { digest } from '../ui/copy.js';
import { emptyBox, part } from '../ui/part.js';
import { transferButton } from '../ui/transfer.js';

export function layersSection({ repository, image, signal }) {
  return part({
    signal,
    lines: 8,
    label: 'Reading the layers',
    work: async () => {
      const found = await image();
      return { found, steps: await found.history({ signal }) };
    },
    render: ({ found, steps }) => {
      const makers = steps.filter((step) => step.layer);
      return blobList({
        what: 'layer',
        repository,
        descriptors: found.layers,
        note: (at) => makers[at]?.createdBy,
        open: (at, options) => found.layerStream(at, options),
        isVerified: found.verified,
        signal,
      });
    },
  });
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

function blobList({ what, repository, descriptors, note, open, isVerified, signal }) {
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
    h(
      'ol',
      { class: 'layers' },
      descriptors.map((descriptor, at) =>
        h(
          'li',
          {},
          h('span', { class: 'layer-number', 'aria-hidden': 'true' }, String(at)),
          h(
            'div',
            { class: 'layer-facts' },
            digest(descriptor.digest ?? descriptor.id, `${descriptor.digest ? 'digest' : 'id'} of ${what} ${at}`),
            note(at) ? h('code', { class: 'layer-note', title: note(at) }, note(at)) : null,
            h('p', { class: 'layer-type muted', title: descriptor.mediaType }, mediaTypeName(descriptor.mediaType)),
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
    ),
  );
}
