// One file of an image: what is known of it, and its content as text, bytes or picture. Never as a document of its own.

import { h } from '../../../dom.js';
import { contentStream, hexOf, pictureType, readContent, textOf, WHOLE } from '../../../model/contents/file-content.js';
import { bytes, fileName, instant } from '../../../text/format.js';
import { copyButton } from '../../../ui/copy.js';
import { emptyBox } from '../../../ui/part.js';
import { readingPart } from '../../../ui/reading.js';
import { transferButton } from '../../../ui/tray/transfer.js';
import { facts } from '../../common.js';
import { modeOf } from './rows.js';

/** `node`: of the tree, undefined if there is none at `path`. `go(path)`, `layerHref(at)`, `closeHref`: addresses. */
export function filePreview({ contents, repository, node, path, upTo, go, layerHref, closeHref, signal }) {
  const name = path.split('/').pop();
  const entry = node?.entry;
  const isFile = entry?.kind === 'file' || entry?.kind === 'hardlink';
  return h(
    'section',
    { class: 'block', 'aria-label': name },
    h(
      'div',
      { class: 'title-line' },
      h('h3', { class: 'file-path', tabindex: -1 }, path),
      h('a', { class: 'button quiet', href: closeHref }, 'Close'),
    ),
    entry ? entryFacts(entry, node.mark, { go, layerHref }) : null,
    isFile ? content({ contents, repository, entry, name, upTo, signal }) : null,
    !node ? emptyBox('There is no such file here') : null,
  );
}

function entryFacts(entry, mark, { go, layerHref }) {
  if (entry.kind === 'whiteout')
    return h('p', {}, 'This layer deletes it. What it was can be read when the layers below are read, too.');
  const target = targetOf(entry);
  const xattrs = Object.entries(entry.xattrs ?? {});
  return facts([
    ['Mode', h('code', {}, `${modeOf(entry)} (${entry.mode.toString(8).padStart(4, '0')})`)],
    ['Owner', ownerOf(entry)],
    ['Size', entry.kind === 'file' || entry.kind === 'hardlink' ? bytes(entry.size) : undefined],
    ['Modified', entry.mtime && instant(entry.mtime)],
    ['Layer', h('a', { href: layerHref(entry.layer) }, `Layer ${entry.layer}`)],
    ['State', mark === 'gone' ? 'Deleted by a later layer; this is what its layer still holds' : mark],
    ['Leads to', target && [h('code', {}, entry.linkTarget), ' ', h('a', { href: go(target) }, 'Open')]],
    ['Device', entry.device && `${entry.device.major}, ${entry.device.minor}`],
    [
      'Attributes',
      xattrs.length > 0 ? xattrs.map(([key, value]) => h('code', {}, `${key} (${bytes(value.length)})`)) : undefined,
    ],
  ]);
}

const ownerOf = ({ uid, gid, user, group }) =>
  `${uid}:${gid}${user || group ? ` (${user ?? uid}:${group ?? gid})` : ''}`;

/** Where a link leads inside the image; a hard link's target is a path from the root. */
function targetOf({ kind, path, linkTarget }) {
  if (!linkTarget) return undefined;
  const isFromRoot = kind === 'hardlink' || linkTarget.startsWith('/');
  const names = isFromRoot ? [] : path.split('/').slice(0, -1);
  for (const name of linkTarget.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '.') names.push(name);
  }
  return `/${names.filter(Boolean).join('/')}`;
}

function content({ contents, repository, entry, name, upTo, signal }) {
  const { image } = contents;
  return h(
    'div',
    { class: 'stack' },
    h(
      'div',
      { class: 'file-actions' },
      transferButton({
        key: `${repository.name}@${image.digest ?? image.id}#${entry.layer} ${entry.path}`,
        label: name,
        name: `${name} of ${repository.name}`,
        file: fileName(image.layers[entry.layer]?.digest ?? image.id, '', name),
        size: entry.size,
        isVerified: image.verified,
        open: (options) => contentStream(image, entry, { ...options, upTo }),
        signal,
      }),
    ),
    readingPart({
      what: entry.size > WHOLE ? 'Shows the beginning of the file' : 'Shows the file',
      cost: () => (entry.kind === 'file' ? contents.cost(entry.layer) : contents.cost(0, upTo)),
      work: (options) => readContent(image, entry, { ...options, upTo }),
      render: (found) => shown({ ...found, entry, signal }),
      signal,
    }),
  );
}

function shown({ bytes: content, isWhole, entry, signal }) {
  if (content.length === 0) return emptyBox('This file is empty');
  const text = textOf(content, { isCut: !isWhole });
  const picture = isWhole ? pictureType(content, entry.path) : undefined;
  const ways = {
    ...(picture && { Picture: () => pictureView(content, picture, entry.path, signal) }),
    ...(text !== undefined && { Text: () => textView(text, entry.path) }),
    Bytes: () => hexView(content, entry.path),
  };
  const pane = h('div', {});
  const buttons = Object.entries(ways).map(([caption, make]) =>
    h(
      'button',
      { type: 'button', class: 'quiet', 'aria-pressed': 'false', onclick: () => choose(caption, make) },
      caption,
    ),
  );
  function choose(caption, make) {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.textContent === caption));
    pane.replaceChildren(make());
  }
  choose(...Object.entries(ways)[0]);
  return h(
    'div',
    { class: 'stack' },
    h(
      'div',
      { class: 'file-ways', role: 'group', 'aria-label': 'Shown as' },
      buttons,
      text === undefined ? null : copyButton(() => text, 'text', { caption: 'Copy' }),
    ),
    isWhole
      ? null
      : h(
          'p',
          { class: 'limit' },
          `The first ${bytes(content.length)} of ${bytes(entry.size)}. A part cannot be verified; the download is.`,
        ),
    pane,
  );
}

/** As many characters and lines as browsers lay out at once. */
const LONGEST = 400_000;
const NUMBERED = 3_000;

function textView(text, path) {
  const part = text.slice(0, LONGEST);
  const lines = part.replace(/\n$/, '').split('\n');
  const code =
    lines.length > NUMBERED
      ? h('code', {}, part)
      : h(
          'code',
          {},
          lines.map((line) => h('span', { class: 'line' }, line, '\n')),
        );
  const view = documentOf(code, path, lines.length > NUMBERED ? '' : ' numbered');
  return part.length === text.length ? view : cut(view, 'Only the beginning is shown. The download has all.');
}

const HEX_BYTES = 32 * 1024;

function hexView(content, path) {
  const part = content.subarray(0, HEX_BYTES);
  const view = documentOf(h('code', {}, hexOf(part)), path, ' bytes');
  return part.length === content.length ? view : cut(view, `The first ${bytes(part.length)}.`);
}

const cut = (view, note) => h('div', { class: 'stack' }, view, h('p', { class: 'muted small' }, note));

const documentOf = (code, path, more) =>
  h('pre', { class: `document${more}`, tabindex: 0, role: 'region', 'aria-label': `Content of ${path}` }, code);

/** As an image element, in which neither scripts nor links of an SVG work. */
function pictureView(content, type, path, signal) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const revoke = () => URL.revokeObjectURL(address);
  signal.addEventListener('abort', revoke, { once: true });
  const image = h('img', { alt: `Picture ${path}`, onload: revoke });
  const frame = h('figure', { class: 'picture' }, image);
  image.addEventListener('error', () => {
    revoke();
    frame.replaceChildren(h('p', { class: 'muted' }, 'The browser cannot show this picture.'));
  });
  image.src = address;
  return frame;
}
