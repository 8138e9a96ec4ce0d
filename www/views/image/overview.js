// Facts about a tag and about the selected image.

import { h, textOrLink } from '../../dom.js';
import { ago, bytes, instant, mediaTypeName, platformName, plural } from '../../text/format.js';
import { digestHref } from '../../router.js';
import { digest } from '../../ui/copy.js';
import { manyRows } from '../../ui/lists/many-rows.js';
import { part } from '../../ui/part.js';
import { block, facts, table } from '../common.js';
import { isImage } from '../../model/contents/opened.js';
import { entriesBlock } from './entries.js';

export function overviewSection(context) {
  const { manifest, repository } = context;
  if (!manifest) return h('div', { class: 'stack' }, block('Image', imageFacts(context)));
  const hasImage = isImage(manifest);
  const linked = (of, what) => digest(of, what, digestHref(repository.name, of));
  return h(
    'div',
    { class: 'stack' },
    h(
      'div',
      { class: 'pair' },
      block(
        manifest.manifests ? 'Index' : 'Manifest',
        facts([
          ['Digest', linked(manifest.digest, 'digest')],
          ['Media type', h('span', { title: manifest.mediaType }, mediaTypeName(manifest.mediaType))],
          ['Artifact type', manifest.artifactType],
          ['Config type', hasImage ? undefined : manifest.config && mediaTypeName(manifest.config.mediaType)],
          ['Size', bytes(manifest.size)],
          ['Entries', manifest.manifests ? String(manifest.manifests.length) : undefined],
          ['Subject', manifest.subject ? linked(manifest.subject.digest, 'digest of the subject') : undefined],
        ]),
      ),
      hasImage ? block('Image', imageFacts({ ...context, linked })) : null,
    ),
    annotations(manifest.annotations),
    manifest.manifests ? entriesBlock({ ...context, linked }) : null,
  );
}

function imageFacts({ image, signal, linked }) {
  return part({
    signal,
    lines: 6,
    label: 'Reading the image',
    work: image,
    render: (found) =>
      facts([
        ['Platform', platformName(found.platform)],
        [
          'Created',
          found.created
            ? [
                instant(found.created),
                ago(found.created) ? h('span', { class: 'muted' }, ` (${ago(found.created)})`) : null,
              ]
            : undefined,
        ],
        [
          'Size',
          [
            Number.isNaN(found.size) ? 'not reported' : bytes(found.size),
            h('span', { class: 'muted' }, ` compressed, in ${plural(found.layers.length, 'layer')}`),
          ],
        ],
        ['Digest', found.digest ? linked(found.digest, 'digest of the image’s manifest') : undefined],
        ['Verified', found.verified ? undefined : 'No. The V1 protocol has no digests to verify content by.'],
        ['Image ID', digest(found.id, 'image ID')],
        ['Media type', h('span', { title: found.mediaType }, mediaTypeName(found.mediaType))],
      ]),
  });
}

function annotations(all) {
  const lines = Object.entries(all ?? {});
  if (lines.length === 0) return null;
  return block(
    'Annotations',
    manyRows(
      lines,
      (some) =>
        table(
          'Annotations',
          ['Key', 'Value'],
          some.map(([key, value]) => [h('code', {}, key), textOrLink(String(value))]),
        ),
      'annotation',
    ),
  );
}
