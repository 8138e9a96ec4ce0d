// A connection to a registry, and its listings.

import { DockerRegistryClient } from 'docker-registry-client-wasm/slim';
import { LayerStore } from './layer-store.js';
import { Listing } from './listing.js';

const KEPT_TAG_LISTINGS = 16;

export class Session extends EventTarget {
  #tagListings = new Map();

  /** `label`: the registry's public address, if the page uses another one (a proxy). */
  constructor({ address, label, username, password }) {
    super();
    this.address = address;
    this.label = label ?? address;
    this.hasCredentials = Boolean(username);
    this.layerStore = new LayerStore();
    // Each call has a signal of its own: downloads outlive the session.
    this.client = new DockerRegistryClient(address, {
      ...(username ? { username, password } : {}),
      layerIndexes: this.layerStore,
      onRequest: ({ status }) => this.#onStatus(status),
    });
  }

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

  /** The catalog, read once per session; `again` reads it again. */
  catalog({ again = false } = {}) {
    if (again || !this.#catalog) {
      this.#catalogController?.abort();
      this.#catalogController = new AbortController();
      const { signal } = this.#catalogController;
      this.#catalog = new Listing((ending) => this.client.catalog({ signal: ending }), signal, this.#catalog);
    }
    return this.#catalog;
  }
  #catalog;
  #catalogController;

  /** The tags of a repository. A complete listing is kept for going back. */
  tags(repository, { signal, again = false }) {
    const kept = this.#tagListings.get(repository.name);
    if (kept?.state === 'complete' && !again) return kept;
    const listing = new Listing((ending) => repository.eachTag({ signal: ending }), signal, kept);
    this.#tagListings.delete(repository.name);
    this.#tagListings.set(repository.name, listing);
    if (this.#tagListings.size > KEPT_TAG_LISTINGS) this.#tagListings.delete(this.#tagListings.keys().next().value);
    return listing;
  }

  close() {
    this.#catalogController?.abort();
  }
}
