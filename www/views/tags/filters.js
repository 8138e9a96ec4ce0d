// What a list of tags shows and in which order. All of it is in the address, so that a link and the way back lead to the same rows.

import { h } from '../../dom.js';
import { companionOf } from '../../model/lists/tag-facts.js';
import { withQuery } from '../../router.js';
import { ORDERS, byNumber, ordered } from '../../text/names.js';
import { checkbox, choice, segments } from '../../ui/controls.js';
import { platformNames } from './row.js';

const DAY = 86_400_000;
const ALL_ORDERS = {
  ...Object.fromEntries(Object.entries(ORDERS).map(([order, { caption }]) => [order, caption])),
  newest: 'Newest',
  largest: 'Largest',
};
const AGES = {
  '': 'Any age',
  'under-7d': 'Under 7 days',
  'under-30d': 'Under 30 days',
  'under-1y': 'Under a year',
  'over-30d': 'Over 30 days',
  'over-90d': 'Over 90 days',
  'over-1y': 'Over a year',
};
const SPANS = { '7d': 7 * DAY, '30d': 30 * DAY, '90d': 90 * DAY, '1y': 365 * DAY };

/** The choices of a list of tags. Sends `change` with each. */
export class Filters extends EventTarget {
  #facts;
  #details;
  #chosen;
  #platforms = new Set();
  #platformChoice = h('span', { class: 'slot' });
  #hideChoice = h('span', { class: 'slot' });
  #untagged;

  /** `untagged(digest)`: what is known of a manifest that no tag points to; without it, there is no choice of those. */
  constructor({ route, facts, details, untagged, tools = [] }) {
    super();
    [this.#facts, this.#details, this.#untagged] = [facts, details, untagged];
    this.#chosen = {
      order: Object.hasOwn(ALL_ORDERS, route.order ?? '') ? route.order : 'version',
      by: route.by === 'digests' ? 'digests' : 'tags',
      only: route.only === 'untagged' && untagged ? 'untagged' : '',
      platform: route.platform ?? '',
      age: Object.hasOwn(AGES, route.age ?? '') ? (route.age ?? '') : '',
      hide: route.hide === 'signatures' ? 'signatures' : '',
    };
    const { order, by, age } = this.#chosen;
    if (this.#chosen.platform) this.#platforms.add(this.#chosen.platform);
    this.element = h(
      'div',
      { class: 'list-bar' },
      segments({
        name: 'by',
        label: 'Rows',
        values: { tags: 'Tags', digests: 'Digests' },
        value: by,
        onchange: (chosen) => this.#choose('by', chosen, 'tags'),
      }),
      this.#untaggedChoice,
      choice({
        id: 'order',
        label: 'Order',
        values: ALL_ORDERS,
        value: order,
        onchange: (chosen) => this.#choose('order', chosen, 'version'),
      }),
      choice({
        id: 'age',
        label: 'Age',
        isPlain: true,
        values: AGES,
        value: age,
        onchange: (chosen) => this.#choose('age', chosen),
      }),
      this.#platformChoice,
      this.#hideChoice,
      tools,
    );
    this.#showUntagged();
    this.#showPlatforms();
    this.update();
  }

  get order() {
    return this.#chosen.order;
  }
  set order(order) {
    this.element.querySelector('#order').value = order;
    this.#choose('order', order, 'version');
  }
  get isByDigest() {
    return this.#chosen.by === 'digests';
  }
  /** Whether the rows are the digests that no tag points to. */
  get isUntagged() {
    return this.isByDigest && this.#chosen.only !== '';
  }
  /** Whether the rows depend on details of tags that are not in sight. */
  get needsDetails() {
    const { order, by, platform, age } = this.#chosen;
    return by === 'digests' || platform !== '' || age !== '' || order === 'newest' || order === 'largest';
  }

  #choose(name, value, otherwise = '') {
    this.#chosen[name] = value;
    history.replaceState(history.state, '', withQuery(location.hash, name, value === otherwise ? '' : value));
    if (name === 'by') this.#showUntagged();
    this.dispatchEvent(new Event('change'));
  }

  /** A choice among digests only. */
  #showUntagged() {
    if (!this.#untagged) return;
    this.#untaggedChoice.hidden = !this.isByDigest;
    if (this.#untaggedChoice.firstChild) return;
    this.#untaggedChoice.append(
      checkbox({
        id: 'only',
        label: 'Untagged',
        title: 'Manifests that others name, and that no tag points to',
        checked: this.#chosen.only !== '',
        onchange: (isOnly) => this.#choose('only', isOnly ? 'untagged' : ''),
      }),
    );
  }
  #untaggedChoice = h('span', { class: 'slot' });

  /** Takes notice of what a tag points to. */
  learn(data) {
    const before = this.#platforms.size;
    for (const name of platformNames(data)) this.#platforms.add(name);
    if (this.#platforms.size > before) this.#showPlatforms();
  }

  /** The choice is made anew with a platform more, unless somebody makes it just now. */
  #showPlatforms() {
    if (this.#platforms.size === 0 || this.#platformChoice.contains(document.activeElement)) return;
    const values = { '': 'All platforms', ...Object.fromEntries([...this.#platforms].sort().map((one) => [one, one])) };
    this.#platformChoice.replaceChildren(
      choice({
        id: 'platform',
        label: 'Platform',
        isPlain: true,
        values,
        value: this.#chosen.platform,
        onchange: (chosen) => this.#choose('platform', chosen),
      }),
    );
  }

  /** Offers to hide signatures where there are some. */
  update() {
    const isOffered = this.#facts.hasCompanions || this.#chosen.hide !== '';
    if (!isOffered || this.#hideChoice.firstChild) return;
    this.#hideChoice.replaceChildren(
      checkbox({
        id: 'hide',
        label: 'Hide signatures',
        title: 'Tags that only hold the signatures, attestations and SBOMs of others',
        checked: this.#chosen.hide !== '',
        onchange: (isHidden) => this.#choose('hide', isHidden ? 'signatures' : ''),
      }),
    );
  }

  /** The rows for a list of tags, in their order. */
  arrange(tags) {
    const { order, hide } = this.#chosen;
    const here = hide ? tags.filter((tag) => !companionOf(tag)) : tags;
    const data = (tag) => this.#details.get(tag)?.data;
    const sorted =
      order === 'newest'
        ? byNumber(ordered(here, 'version'), (tag) => data(tag)?.created?.getTime())
        : order === 'largest'
          ? byNumber(ordered(here, 'version'), (tag) => data(tag)?.size)
          : ordered(here, order);
    if (!this.isByDigest) return sorted;
    return [...new Set(sorted.map((tag) => this.#facts.digestOf(tag)).filter(Boolean))];
  }

  /** A test for the rows by what is known of their tags, or undefined. */
  narrow() {
    const { platform, age } = this.#chosen;
    if (!platform && !age) return undefined;
    const [bound, span] = age.split('-');
    const limit = Date.now() - (SPANS[span] ?? 0);
    return (item) => {
      const data = this.isUntagged
        ? this.#untagged(item)
        : this.#details.get(this.isByDigest ? this.#facts.tagsOf(item)[0] : item)?.data;
      if (!data || (platform && !platformNames(data).includes(platform))) return false;
      if (!age) return true;
      const created = data.created?.getTime();
      return created !== undefined && (bound === 'under' ? created >= limit : created < limit);
    };
  }
}
