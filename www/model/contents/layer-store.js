// Indexes of the layers that were read while the page is open, so that the next file of a layer costs its own bytes alone.
// In memory: what is in a private image is nothing to leave on a disk.

const MOST = 96 * 1024 * 1024;

/** A store for the client's option `layerIndexes`, which also tells what reading layers would cost. */
export class LayerStore {
  #indexes = new Map();
  #size = 0;

  get(digest) {
    const index = this.#indexes.get(digest);
    if (index) {
      // The least recently used are first.
      this.#indexes.delete(digest);
      this.#indexes.set(digest, index);
    }
    return index;
  }

  set(digest, index) {
    this.#drop(digest);
    this.#indexes.set(digest, index);
    this.#size += index.byteLength;
    for (const oldest of this.#indexes.keys()) {
      if (this.#size <= MOST || oldest === digest) return;
      this.#drop(oldest);
    }
  }

  has(digest) {
    return digest !== undefined && this.#indexes.has(digest);
  }

  /** Of these layers, those that would be read: `{ layers, bytes }`. NaN where a V1 registry does not tell sizes. */
  costOf(layers) {
    const unread = new Map();
    for (const layer of layers) {
      if (!this.has(layer.digest)) unread.set(layer.digest ?? layer.id, layer.size ?? Number.NaN);
    }
    return { layers: unread.size, bytes: [...unread.values()].reduce((sum, size) => sum + size, 0) };
  }

  #drop(digest) {
    this.#size -= this.#indexes.get(digest)?.byteLength ?? 0;
    this.#indexes.delete(digest);
  }
}
