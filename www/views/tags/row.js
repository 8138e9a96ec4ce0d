// The row of a tag, or of a digest with its tags. A list has thousands: rows are copies of one, and the list listens for them.

import { h, icon, setText, template } from '../../dom.js';
import { explain, isTemporary } from '../../errors.js';
import { digestHref, tagHref } from '../../router.js';
import { ago, bytes, count, instant, platformName, plural } from '../../text/format.js';
import { whyNotTag } from '../common.js';

const SIBLINGS = 3;

const emptyRow = template(() =>
  h(
    'div',
    { class: 'row tag-row' },
    h('input', { type: 'checkbox', tabindex: -1, 'data-do': 'select' }),
    h('a', { class: 'row-link row-name' }, h('strong', {})),
    h('span', { class: 'row-hints' }),
    h('span', { class: 'cells' }),
    h('button', { type: 'button', class: 'icon-button peek-button', tabindex: -1, 'data-do': 'peek' }, icon('panel')),
  ),
);
const emptyCells = template(() =>
  h(
    'span',
    { class: 'cells' },
    h(
      'span',
      { class: 'cell-digest' },
      h('code', {}),
      h(
        'button',
        { type: 'button', class: 'copy icon-button', tabindex: -1, 'data-do': 'copy', 'aria-label': 'Copy digest' },
        icon('copy'),
        icon('check'),
      ),
    ),
    h('span', { class: 'cell-platforms' }),
    h('span', { class: 'cell-size' }),
    h('span', { class: 'cell-created' }),
  ),
);

/** Rows of the tags of one repository; `selection`, `facts` and `details` are of them. */
export class TagRows {
  #name;
  #facts;
  #details;
  #selection;
  /** True if the items are digests. */
  isByDigest = false;
  /** If the items are digests without tags: `{ textOf(digest), detailOf(digest) }`, as of UntaggedRows. */
  untagged = undefined;

  constructor({ name, facts, details, selection }) {
    [this.#name, this.#facts, this.#details, this.#selection] = [name, facts, details, selection];
  }

  /** The tags of a row. */
  tagsOf(item) {
    if (this.untagged) return [];
    return this.isByDigest ? this.#facts.tagsOf(item) : [item];
  }

  make(item) {
    const row = emptyRow();
    const [check, link, , , peek] = row.children;
    link.setAttribute('href', this.isByDigest ? digestHref(this.#name, item) : tagHref(this.#name, item));
    setText(link.firstElementChild, this.isByDigest ? short(item) : item);
    const what = this.isByDigest ? `the tags of ${short(item)}` : item;
    check.setAttribute('aria-label', `Select ${what}`);
    peek.setAttribute('aria-label', `Preview ${what}`);
    this.update(row, item);
    return row;
  }

  update(row, item) {
    const [check, , hints, cells] = row.children;
    row.classList.toggle('is-untagged', this.untagged !== undefined);
    const tags = this.tagsOf(item);
    check.checked = tags.length > 0 && tags.every((tag) => this.#selection.has(tag));
    row.classList.toggle('is-selected', check.checked);
    const detail = this.untagged ? this.untagged.detailOf(item) : this.#details.get(tags[0]);
    hints.replaceChildren(...this.#hints(item));
    cells.replaceWith(this.#details.wanted ? cellsOf(detail, this.#details.isSpent) : h('span', {}));
  }

  #hints(item) {
    if (this.untagged) {
      const text = this.untagged.textOf(item);
      return [h('span', { class: 'siblings', title: text }, text)];
    }
    const digest = this.isByDigest ? item : this.#facts.digestOf(item);
    const hints = [];
    const companions = new Set(this.#facts.companions(digest));
    for (const kind of companions)
      hints.push(h('span', { class: 'badge', title: 'By the list of tags: it was not verified' }, BADGES[kind]));
    const { some, count: all } = this.#facts.some(digest, SIBLINGS, this.isByDigest ? undefined : item);
    if (all === 0) return hints;
    const names = `${some.join(', ')}${all > some.length ? ` +${count(all - some.length)}` : ''}`;
    const [text, title] = this.isByDigest ? [names, undefined] : [`= ${names}`, `The same digest: ${names}`];
    return [...hints, h('span', { class: 'siblings', title }, text)];
  }
}

const BADGES = { signature: 'signed', attestation: 'attested', SBOM: 'SBOM', referrers: 'referrers' };

/** As much of a digest as one needs to tell it from others. */
export const short = (digest) => digest.slice(0, digest.indexOf(':') + 13);

function cellsOf({ data, error } = {}, isSpent) {
  if (error && !isTemporary(error))
    return h('span', { class: 'cell-error', title: explain(error).message }, whyNotTag(error));
  const cells = emptyCells();
  const [digest, platforms, size, created] = cells.children;
  if (!data) {
    digest.replaceChildren();
    setText(size, error ? 'waiting' : isSpent ? '–' : '…');
    return cells;
  }
  if (data.digest) {
    setText(digest.firstElementChild, short(data.digest).slice(data.digest.indexOf(':') + 1));
    digest.title = data.digest;
  } else digest.replaceChildren();
  setText(platforms, platformsOf(data));
  if (data.size > 0) setText(size, bytes(data.size));
  setText(created, ago(data.created));
  created.title = instant(data.created);
  return cells;
}

export const platformNames = ({ platforms }) => [...new Set(platforms.map(platformName).filter(Boolean))];

function platformsOf(data) {
  const names = platformNames(data);
  if (names.length === 0) return data.artifactType ? 'artifact' : '';
  return names.length === 1 ? names[0] : plural(names.length, 'platform');
}
