// A connection to a registry, and its listings.

import { DockerRegistryClient } from 'docker-registry-client-wasm/slim';
import { LayerStore } from './layer-store.js';
import { Listing } from './listing.js';
import { Selection } from './selection.js';

const KEPT_TAG_LISTINGS = 16;

export class Session extends EventTarget {
  #tagListings = new Map();

  /**
   * `label`: the registry's public address, if the page uses another one (a proxy). `readOnly`: no view offers to change anything.
   */
  constructor({ address, label, username, password, readOnly = false }) {
    super();
    this.address = address;
    this.label = label ?? address;
    this.hasCredentials = Boolean(username);
    this.layerStore = new LayerStore();
    this.isReadOnly = readOnly;
    // Each call has a signal of its own: downloads outlive the session.
    this.client = new DockerRegistryClient(address, {
      ...(username ? { username, password } : {}),
      layerIndexes: this.layerStore,
      onRequest: ({ status }) => {
        this.requests += 1;
        this.#onStatus(status);
      },
    });
  }

  /** How many requests were made. */
  requests = 0;

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
  }

  /** A wrong password would be sent once more, so that this is for those without one. */
  async #beginCatalog(signal) {
    const listing = this.catalog();
    signal.addEventListener('abort', () => this.#catalogController.abort(), { once: true });
    await listing.begun;
    return !listing.error;
  }

  /** What stands in the way of this registry, and the settings that help. */
  diagnose(signal) {
    return this.client.diagnose({ signal });
  }

  /** The catalog, read once per session; `again` reads it again, `more` goes on after what was read before it broke off. */
  catalog({ again = false, more = false } = {}) {
    if (again || more || !this.#catalog) {
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
    if (kept?.state === 'complete' && !again) return kept;
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

  close() {
    this.#catalogController?.abort();
  }
}

const earlier = (listing, more) => (more && listing?.state === 'failed' ? { failed: listing } : { kept: listing });
