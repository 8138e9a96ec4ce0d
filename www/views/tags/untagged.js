// The digests of a repository that no tag points to, as far as indexes and lists of referrers name them: rows for the list of digests, what
// they cover, and how more is read.

import { h } from '../../dom.js';
import { isAttestation, kindOf } from '../../model/contents/attestation.js';
import { Details } from '../../model/details.js';
import { namedBy } from '../../model/lists/untagged.js';
import { count, isPlatform, plural } from '../../text/format.js';
import { ordered } from '../../text/names.js';
import { shortDigest } from '../../text/references.js';
import { readAllBar } from '../../ui/lists/read-all.js';
import { BUDGET } from '../common.js';

/** The manifest and its referrers. */
const REQUESTS_EACH = 2;
const NAMED = 3;

export class UntaggedRows {
  #session;
  #facts;
  #tags;
  #details;
  #bar;
  #limit;
  #found = namedBy(new Set(), () => undefined);
  #listed = new Set();
  #note = h('p', {});

  /** `tags()`: those that were listed. `changed()`: called when more was read. */
  constructor({ session, repository, facts, tags, changed, signal }) {
    [this.#session, this.#facts, this.#tags] = [session, facts, tags];
    this.#details = new Details({
      read: async (digest, ending) => {
        const [{ manifests: entries }, referrers] = await Promise.all([
          repository.manifest(digest, { signal: ending }),
          repository.referrers(digest, { signal: ending }),
        ]);
        return { entries, referrers };
      },
      signal,
      wanted: false,
      changed: () => this.#bar.update(),
    });
    this.#bar = readAllBar({
      details: this.#details,
      items: () => [...this.#found.reached],
      each: REQUESTS_EACH,
      onStep: () => {
        changed();
        this.look();
      },
      signal,
    });
    this.element = h('div', { class: 'limit untagged', hidden: true }, this.#note, this.#bar.element);
  }

  show(isShown) {
    if (isShown && this.element.hidden) this.#limit = this.#session.requests + BUDGET;
    this.element.hidden = !isShown;
    this.#details.wanted = isShown;
  }

  renew() {
    this.#details.renew();
    this.#limit = this.#session.requests + BUDGET;
  }

  /** Reads what names manifests, unasked as long as that takes few requests. */
  look() {
    if (this.element.hidden || this.#details.isReadingAll) return;
    const items = [...this.#found.reached];
    const unread = items.filter((digest) => !this.#details.get(digest)).length;
    this.#bar.update();
    if (unread > 0 && this.#session.requests + unread * REQUESTS_EACH <= this.#limit) this.#details.readAll(items);
  }

  /** The digests, in the order in which they are named. */
  arrange() {
    this.#listed = new Set(this.#tags());
    const digests = [...this.#listed].map((tag) => this.#facts.digestOf(tag));
    const tagged = new Set(digests.filter(Boolean));
    this.#found = namedBy(tagged, (digest) => this.#details.get(digest)?.data);
    this.#tell(digests.filter((digest) => !digest).length);
    return [...this.#found.untagged.keys()];
  }

  #tell(unreadTags) {
    const { untagged, reached } = this.#found;
    const read = [...reached].filter((digest) => this.#details.get(digest)).length;
    this.#note.textContent = [
      `${plural(untagged.size, 'manifest')} without a tag ${untagged.size === 1 ? 'was' : 'were'} named by an index or as a referrer; ${count(read)} of ${count(reached.size)} known manifests were looked into.`,
      unreadTags > 0 ? `${plural(unreadTags, 'tag')} were not read, and may point to some of them.` : '',
      'A registry has no list of untagged manifests: one that nothing names is not found here.',
    ].join(' ');
  }

  /** "Entry of 2.0.0": what names a digest. */
  textOf(digest) {
    const { descriptor, by } = this.#found.untagged.get(digest) ?? { by: [] };
    const kind = descriptor && (isAttestation(descriptor) ? 'Attestation' : kindOf(descriptor.artifactType));
    // What refers to a manifest may also be an entry of the index under its referrers tag.
    const referred = by.filter(({ isReferrer }) => isReferrer);
    const namers = referred.length > 0 ? referred : by;
    const names = ordered([...new Set(namers.flatMap((one) => this.#namesOf(one.digest)))], 'version');
    const more = names.length > NAMED ? ` +${count(names.length - NAMED)}` : '';
    const what = kind ?? (referred.length > 0 ? 'Referrer' : 'Entry');
    return `${what} of ${names.slice(0, NAMED).join(', ')}${more}`;
  }

  #namesOf(digest) {
    const tags = this.#facts.tagsOf(digest).filter((tag) => this.#listed.has(tag));
    return tags.length > 0 ? tags : [shortDigest(digest)];
  }

  /** What an index or a list of referrers says of a manifest. The size there is the manifest's, not the image's, and is left out. */
  dataOf = (digest) => {
    const { descriptor } = this.#found.untagged.get(digest) ?? {};
    return descriptor && { ...descriptor, platforms: [descriptor.platform].filter(isPlatform), size: 0 };
  };

  /** As a row shows it. One that is named may not be there. */
  detailOf(digest) {
    return { data: this.dataOf(digest), error: this.#details.get(digest)?.error };
  }
}
