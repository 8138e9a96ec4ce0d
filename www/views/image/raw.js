// The documents as JSON.

import { h } from '../../dom.js';
import { bytes } from '../../text/format.js';
import { blobHref, digestHref } from '../../router.js';
import { isDigest } from '../../text/digests.js';
import { copyButton, digest } from '../../ui/copy.js';
import { jsonView } from '../../ui/json.js';
import { part } from '../../ui/part.js';
import { isImage } from '../../model/contents/opened.js';

export function rawSection({ repository, manifest, image, signal }) {
  if (!manifest) return h('div', { class: 'stack' }, configBlock(image, signal, 'Image'));
  const isIndex = manifest.manifests !== undefined;
  return h(
    'div',
    { class: 'stack' },
    documentBlock(isIndex ? 'Index' : 'Manifest', manifest, linksOf(repository, manifest)),
    isIndex
      ? part({
          signal,
          lines: 6,
          label: 'Reading the manifest',
          work: async () => repository.manifest((await image()).digest, { signal }),
          render: (found) => documentBlock('Manifest', found, linksOf(repository, found)),
        })
      : null,
    isImage(manifest) ? configBlock(image, signal, 'Config', (of) => blobHref(repository.name, of)) : null,
  );
}

/** Where the digests in a manifest lead: config and layers are no manifests. */
function linksOf({ name }, { config, layers = [] }) {
  const blobs = new Set([config, ...layers].filter(Boolean).map((one) => one.digest));
  return (of) => (isDigest(of) ? (blobs.has(of) ? blobHref : digestHref)(name, of) : undefined);
}

function configBlock(image, signal, title, leadTo) {
  return part({
    signal,
    lines: 6,
    label: 'Reading the config',
    work: async () => {
      const found = await image();
      return { found, json: await found.getJson({ signal }) };
    },
    render: ({ found, json }) => {
      // The digest of a layer's archive is no blob's; it leads to the layer.
      const archives = new Map(
        diffIds(json)
          .map((of, at) => [of, found.layers[at]?.digest])
          .filter(([, of]) => of),
      );
      const linkOf = leadTo && ((text) => archives.has(text) && leadTo(archives.get(text)));
      return shell(title, found.id, JSON.stringify(json, null, 2), jsonView(json, title, { linkOf }), { leadTo });
    },
  });
}

/** Anybody can push any config. */
const diffIds = ({ rootfs }) => (Array.isArray(rootfs?.diff_ids) ? rootfs.diff_ids : []);

function documentBlock(title, { digest: of, size, json, bytes: raw }, linkOf) {
  const note = `${bytes(size)}, formatted; the copy is the original`;
  const text = () => new TextDecoder().decode(raw);
  return shell(title, of, text, jsonView(json, title, { linkOf }), { note, leadTo: linkOf });
}

function shell(title, of, text, view, { note, leadTo = () => undefined } = {}) {
  return h(
    'section',
    { class: 'block' },
    h(
      'div',
      { class: 'title-line' },
      h('h3', {}, title),
      copyButton(typeof text === 'function' ? text : () => text, `${title.toLowerCase()} JSON`, { caption: 'Copy' }),
    ),
    digest(of, `digest of the ${title.toLowerCase()}`, leadTo(of)),
    note ? h('p', { class: 'muted small' }, note) : null,
    view,
  );
}
