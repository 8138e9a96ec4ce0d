// The page of a digest that is no manifest's: a config or a layer, which other documents name.

import { h } from '../../dom.js';
import { bytes, fileName } from '../../text/format.js';
import { digestHref } from '../../router.js';
import { digestIn } from '../../text/digests.js';
import { digest } from '../../ui/copy.js';
import { jsonTree } from '../../ui/json-tree.js';
import { part } from '../../ui/part.js';
import { transferButton } from '../../ui/tray/transfer.js';
import { block, facts } from '../common.js';

const LARGEST_DOCUMENT = 1024 * 1024;

export function blobView({ repository, blob, signal }) {
  const { digest: of, size } = blob;
  return h(
    'div',
    { class: 'stack' },
    h('h2', { class: 'visually-hidden' }, 'Content'),
    block(
      'Blob',
      facts([
        ['Digest', digest(of)],
        ['Size', bytes(size)],
      ]),
      h(
        'p',
        { class: 'muted small' },
        'A config or a layer: what manifests refer to. The registry does not say which manifests those are.',
      ),
      transferButton({
        key: `${repository.name}@${of}`,
        label: 'blob',
        name: `blob of ${repository.name}`,
        file: fileName(of),
        size,
        isVerified: true,
        open: (options) => repository.blob(of, options),
        signal,
      }),
    ),
    size <= LARGEST_DOCUMENT ? documentOf(repository, of, signal) : null,
  );
}

/** A config is JSON; of anything else there is nothing to show. */
function documentOf(repository, of, signal) {
  return part({
    signal,
    lines: 4,
    label: 'Reading the blob',
    work: async () => new Response(await repository.blob(of, { signal })).text(),
    render: (text) => {
      const value = parsed(text);
      if (typeof value !== 'object' || value === null) return [];
      const linkOf = (one, key) => {
        const other = digestIn(one, key);
        return other && digestHref(repository.name, other);
      };
      return block('Document', jsonTree(value, 'Document', { linkOf }));
    },
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
