// A connection to a registry, and its listings.

import { DockerRegistryClient } from 'docker-registry-client-wasm';
import { Listing } from './listing.js';

const KEPT_TAG_LISTINGS = 16;

export class Session {
  #controller = new AbortController();
  #tagListings = new Map();

  /** `label`: the registry's public address, if the page uses another one (a proxy). */
  constructor({ address, label, username, password }) {
    this.address = address;
    this.label = label ?? address;
    this.client = new DockerRegistryClient(address, {
      ...(username ? { username, password } : {}),
      signal: this.#controller.signal,
    });
  }

  /** The host for pull commands. */
  get host() {
    return this.label.replace(/^https?:\/\//i, '').replace(/\/+$/, '');
  }

  async connect(signal) {
    this.version = await this.client.apiVersion({ signal });
    await this.client.checkStatus({ signal });
  }

  /** The catalog, read once per session; `again` reads it again. */
  catalog({ again = false } = {}) {
    if (again || !this.#catalog) {
      this.#catalogController?.abort();
      this.#catalogController = new AbortController();
      this.#catalog = new Listing((signal) => this.client.catalog({ signal }), this.#catalogController.signal);
    }
    return this.#catalog;
  }
  #catalog;
  #catalogController;

  /** The tags of a repository. A complete listing is kept for going back. */
  tags(repository, { signal, again = false }) {
    const kept = this.#tagListings.get(repository.name);
    if (kept?.state === 'complete' && !again) return kept;
    const listing = new Listing((ending) => repository.eachTag({ signal: ending }), signal);
    this.#tagListings.delete(repository.name);
    this.#tagListings.set(repository.name, listing);
    if (this.#tagListings.size > KEPT_TAG_LISTINGS) this.#tagListings.delete(this.#tagListings.keys().next().value);
    return listing;
  }

  close() {
    this.#catalogController?.abort();
    this.#controller.abort();
  }
}
