// What the tags of a repository tell about each other: which point to the same digest, and which are signatures of others.

import { ordered } from '../../text/names.js';

/** Tags under which cosign stores what belongs to a digest, and the referrers of registries without an API for them. */
const COMPANION = /^(sha256|sha512)-([0-9a-f]{64,128})(?:\.(sig|att|sbom))?$/;
const KINDS = { sig: 'signature', att: 'attestation', sbom: 'SBOM' };

/** `{ digest, kind }` of a tag that only belongs to a digest. */
export function companionOf(tag) {
  const [, algorithm, hex, ending] = COMPANION.exec(tag) ?? [];
  return hex && { digest: `${algorithm}:${hex}`, kind: KINDS[ending] ?? 'referrers' };
}

export class TagFacts {
  #companions = new Map();
  #listed;
  #counted = 0;
  #tags = new Map();
  #digests = new Map();

  /** Takes the list of tags, which may have grown. */
  update(tags) {
    if (tags !== this.#listed || tags.length < this.#counted) {
      [this.#listed, this.#counted] = [tags, 0];
      this.#companions.clear();
    }
    for (; this.#counted < tags.length; this.#counted += 1) {
      const found = companionOf(tags[this.#counted]);
      if (found) this.#companions.set(found.digest, [...(this.#companions.get(found.digest) ?? []), found.kind]);
    }
  }

  get hasCompanions() {
    return this.#companions.size > 0;
  }

  /** Takes what a tag points to. Returns whether rows of other tags have to tell it. */
  learn(tag, digest) {
    const before = this.#digests.get(tag);
    if (before === digest || !digest) return false;
    if (before) this.#tags.get(before).delete(tag);
    this.#digests.set(tag, digest);
    if (!this.#tags.has(digest)) this.#tags.set(digest, new Set());
    return this.#tags.get(digest).add(tag).size > 1 || before !== undefined;
  }

  digestOf(tag) {
    return this.#digests.get(tag);
  }
  tagsOf(digest) {
    return [...(this.#tags.get(digest) ?? [])];
  }
  /** Some of the tags of a digest, and how many there are; `except` is left out. */
  some(digest, most, except) {
    const tags = this.#tags.get(digest) ?? new Set();
    const some = [];
    for (const tag of tags) {
      if (some.length === most) break;
      if (tag !== except) some.push(tag);
    }
    return { some: ordered(some, 'version'), count: tags.size - (tags.has(except) ? 1 : 0) };
  }
  /** What the list of tags has for a digest: "signature", "SBOM". A hint: nothing was read or verified. */
  companions(digest) {
    return this.#companions.get(digest) ?? [];
  }
}
