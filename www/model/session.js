// A connection to a registry, and its listings.

import { DockerRegistryClient } from 'docker-registry-client-wasm/slim';
import { LayerStore } from './contents/layer-store.js';
import { Listing } from './lists/listing.js';
import { Selection } from './lists/selection.js';
import { requests } from './requests.js';

const KEPT_TAG_LISTINGS = 16;

/** @type {Map<string, Session>} the one connected last, by address; those that copies go to are apart */
const newest = new Map();

export class Session extends EventTarget {
  #tagListings = new Map();
  #outdated = new WeakSet();

  /**
   * `label`: the registry's public address, if the page uses another one (a proxy). `readOnly`: no view offers to change anything.
   * `isTarget`: it has a login of its own, beside the one of the session that is shown. `fetch`: instead of the browser's.
   */
  constructor({ address, label, username, password, readOnly = false, isTarget = false, fetch }) {
    super();
    this.address = address;
    this.label = label ?? address;
    this.user = username ?? '';
    this.hasCredentials = this.user !== '';
    this.layerStore = new LayerStore();
    this.#key = `${isTarget ? 'target ' : ''}${address}`;
    this.isReadOnly = readOnly;
    // Each call has a signal of its own: downloads outlive the session.
    this.client = new DockerRegistryClient(address, {
      ...(username ? { username, password } : {}),
      ...(fetch ? { fetch } : {}),
      layerIndexes: this.layerStore,
      onRequest: (event) => {
        this.requests += 1;
        this.#onStatus(event.status);
        requests.add(event, this.client, this.label);
      },
    });
  }

  /** How many requests were made. */
  requests = 0;

  /** The session that the person has with this registry now: this one, or the one after a new sign-in. */
  get current() {
    return newest.get(this.#key) ?? this;
  }
  #key;

  /** True while the registry refuses requests for being too many. A `limit` event tells of each change. */
  isLimited = false;
  #onStatus(status) {
    const isLimited = status === 429 || (status === undefined && this.isLimited);
    if (isLimited === this.isLimited) return;
    this.isLimited = isLimited;
    this.dispatchEvent(new Event('limit'));
  }

  /** The host for pull commands. */
  get host() {
    return this.label.replace(/^https?:\/\//i, '').replace(/\/+$/, '');
  }

  /** `withCatalog`: the catalog is what is shown first. Where it can be read, it tells all that there is to know. */
  async connect(signal, { withCatalog = false } = {}) {
    const isKnown = withCatalog && !this.hasCredentials && (await this.#beginCatalog(signal));
    this.version = await this.client.apiVersion({ signal });
    if (!isKnown) await this.client.checkStatus({ signal });
    signal.throwIfAborted();
    newest.set(this.#key, this);
  }

  /** A wrong password would be sent once more, so that this is for those without one. */
  async #beginCatalog(signal) {
    const listing = this.catalog();
    signal.addEventListener('abort', () => this.#catalogController.abort(), { once: true });
    await listing.begun;
    return !listing.error;
  }

  /** What stands in the way of this registry, and the settings that help. */
  diagnose(signal, options) {
    return this.client.diagnose({ signal, ...options });
  }

  /** The catalog, read once per session; `again` reads it again, `more` goes on after what was read before it broke off. */
  catalog({ again = false, more = false } = {}) {
    if (again || more || !this.#catalog || this.#outdated.has(this.#catalog)) {
      this.#catalogController?.abort();
      this.#catalogController = new AbortController();
      const { signal } = this.#catalogController;
      const open = (ending, last) => this.client.catalog({ signal: ending, last });
      this.#catalog = new Listing(open, signal, earlier(this.#catalog, more));
    }
    return this.#catalog;
  }
  #catalog;
  #catalogController;

  /** The names of the catalog that were read. */
  get catalogNames() {
    return this.#catalog?.items ?? [];
  }
  /** The tags of a repository that were read. */
  knownTags(name) {
    return this.#tagListings.get(name)?.items ?? [];
  }

  /** The tags of a repository. A complete listing is kept for going back. */
  tags(repository, { signal, again = false, more = false }) {
    const kept = this.#tagListings.get(repository.name);
    if (kept?.state === 'complete' && !again && !this.#outdated.has(kept)) return kept;
    const listing = new Listing(
      (ending, last) => repository.eachTag({ signal: ending, last }),
      signal,
      earlier(kept, more),
    );
    this.#tagListings.delete(repository.name);
    this.#tagListings.set(repository.name, listing);
    if (this.#tagListings.size > KEPT_TAG_LISTINGS) this.#tagListings.delete(this.#tagListings.keys().next().value);
    return listing;
  }

  /** Which tags of a repository are selected; the way back finds them again. */
  selection(name) {
    if (!this.#selections.has(name)) this.#selections.set(name, new Selection());
    return this.#selections.get(name);
  }
  #selections = new Map();

  /** The page has changed a repository: what is kept of it is read again. A `tags` event, with the name, tells the views. */
  changed(name) {
    const listing = this.#tagListings.get(name);
    if (listing) this.#outdated.add(listing);
    if (this.#catalog && !this.#catalog.items.includes(name)) this.#outdated.add(this.#catalog);
    this.dispatchEvent(new CustomEvent('tags', { detail: name }));
  }

  close() {
    this.#catalogController?.abort();
  }
}

const earlier = (listing, more) => (more && listing?.state === 'failed' ? { failed: listing } : { kept: listing });
