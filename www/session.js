// One connection to one registry, and what was listed through it.

import { DockerRegistryClient } from 'docker-registry-client-wasm';
import { Listing } from './listing.js';

const KEPT_TAG_LISTINGS = 16;

export class Session {
  #controller = new AbortController();
  #tagListings = new Map();

  /** `label`: the registry's address as a person knows it, where the page reaches it by another one. */
  constructor({ address, label, username, password }) {
    this.address = address;
    this.label = label ?? address;
    this.client = new DockerRegistryClient(address, {
      ...(username ? { username, password } : {}),
      signal: this.#controller.signal,
    });
  }

  /** The host that stands before a repository's name in a pull command. */
  get host() {
    return this.label.replace(/^https?:\/\//i, '').replace(/\/+$/, '');
  }

  async connect(signal) {
    this.version = await this.client.apiVersion({ signal });
    await this.client.checkStatus({ signal });
  }

  /** The catalog, read once per session; `again` reads it anew. */
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

  /** A repository's tags; a whole listing is kept for the way back, an aborted one is not. */
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
