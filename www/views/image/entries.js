// The entries of an index, with the sizes of the images that they lead to: a request for each, unasked only on this machine.

import { h } from '../../dom.js';
import { isAttestation } from '../../model/contents/attestation.js';
import { bytes, isPlatform, mediaTypeName, platformName, plural } from '../../text/format.js';
import { manyRows } from '../../ui/lists/many-rows.js';
import { block, isLocal, table, whyNot } from '../common.js';

const UNASKED = 16;
const isImageEntry = (entry) => isPlatform(entry.platform) && !isAttestation(entry);

/** `linked(digest, what)`: the digest as a link. */
export function entriesBlock({ manifest: { manifests }, session, repository, signal, linked }) {
  const sizes = new Map(manifests.filter(isImageEntry).map((entry) => [entry, h('span', { class: 'number' }, '–')]));
  const read = () =>
    sizes.forEach(async (cell, { digest }) => {
      cell.textContent = '…';
      try {
        const found = await repository.manifest(digest, { signal });
        cell.textContent = found.layers ? bytes(sizeOf(found)) : '–';
      } catch (error) {
        if (!signal.aborted) cell.textContent = whyNot(error);
      }
    });
  const ask = h(
    'button',
    {
      type: 'button',
      onclick: () => {
        ask.remove();
        read();
      },
    },
    `Read the sizes (${plural(sizes.size, 'request')})`,
  );
  const isAsked = sizes.size > 0 && !(isLocal(session) && sizes.size <= UNASKED);
  if (!isAsked) read();
  return block(
    'Entries',
    manyRows(
      manifests,
      (some) =>
        table(
          'Entries of the index',
          ['Platform', 'Digest', 'Type', 'Manifest', 'Image'],
          some.map((entry) => [
            entryName(entry),
            linked(entry.digest, 'digest of the entry'),
            h('span', { title: entry.mediaType }, mediaTypeName(entry.mediaType)),
            h('span', { class: 'number' }, bytes(entry.size)),
            sizes.get(entry) ?? '',
          ]),
        ),
      'entry',
      'entries',
    ),
    isAsked ? ask : null,
  );
}

const sizeOf = ({ config, layers }) => [config, ...layers].reduce((sum, one) => sum + (one?.size ?? 0), 0);

function entryName(entry) {
  const name = platformName(entry.platform);
  if (isAttestation(entry)) return h('span', { class: 'muted' }, 'Attestation');
  return name && name !== 'unknown/unknown' ? name : h('span', { class: 'muted' }, entry.artifactType ?? 'No platform');
}
