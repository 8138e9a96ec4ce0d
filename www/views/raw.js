// The documents as JSON.

import { h } from '../dom.js';
import { bytes } from '../text/format.js';
import { copyButton, digest } from '../ui/copy.js';
import { jsonView } from '../ui/json.js';
import { part } from '../ui/part.js';
import { isImage } from '../model/opened.js';

export function rawSection({ repository, manifest, image, signal }) {
  if (!manifest) return h('div', { class: 'stack' }, configBlock(image, signal, 'Image'));
  const isIndex = manifest.manifests !== undefined;
  return h(
    'div',
    { class: 'stack' },
    documentBlock(isIndex ? 'Index' : 'Manifest', manifest),
    isIndex
      ? part({
          signal,
          lines: 6,
          label: 'Reading the manifest',
          work: async () => repository.manifest((await image()).digest, { signal }),
          render: (found) => documentBlock('Manifest', found),
        })
      : null,
    isImage(manifest) ? configBlock(image, signal, 'Config') : null,
  );
}

function configBlock(image, signal, title) {
  return part({
    signal,
    lines: 6,
    label: 'Reading the config',
    work: async () => {
      const found = await image();
      return { id: found.id, json: await found.getJson({ signal }) };
    },
    render: ({ id, json }) => shell(title, id, JSON.stringify(json, null, 2), jsonView(json, title)),
  });
}

function documentBlock(title, { digest: of, size, json, bytes: raw }) {
  return shell(
    title,
    of,
    () => new TextDecoder().decode(raw),
    jsonView(json, title),
    `${bytes(size)}, formatted; the copy is the original`,
  );
}

function shell(title, of, text, view, note) {
  return h(
    'section',
    { class: 'block' },
    h(
      'div',
      { class: 'title-line' },
      h('h3', {}, title),
      copyButton(typeof text === 'function' ? text : () => text, `${title.toLowerCase()} JSON`, { caption: 'Copy' }),
    ),
    digest(of, `digest of the ${title.toLowerCase()}`),
    note ? h('p', { class: 'muted small' }, note) : null,
    view,
  );
}
