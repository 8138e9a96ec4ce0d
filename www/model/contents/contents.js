// What is in an image: its layers' entries, read once for all sections, and what reading them costs.

/** @type {WeakMap<object, Contents>} by image */
const known = new WeakMap();

export function contentsOf(image, store) {
  if (!known.has(image)) known.set(image, new Contents(image, store));
  return known.get(image);
}

export class Contents {
  #store;
  #kept = new Map();

  constructor(image, store) {
    this.image = image;
    this.#store = store;
  }

  /** What reading the layers from one to another costs, both included; of a table of contents it would be less. */
  cost(from, to = from) {
    return this.#store.costOf(this.image.layers.slice(from, to + 1));
  }

  get costOfAll() {
    return this.cost(0, this.image.layers.length - 1);
  }

  /** The file system up to a layer. */
  files(upTo, options) {
    return this.#once(`files ${upTo}`, () => collect(this.image.files({ ...options, upTo })));
  }

  /** The entries of a layer, whiteouts too. */
  layer(position, options) {
    return this.#once(`layer ${position}`, () => collect(this.image.layerFiles(position, options)));
  }

  /** What a layer changes of those below it, by content. */
  changes(position, options) {
    return this.#once(`changes ${position}`, () => collect(this.image.layerChanges(position, options)));
  }

  /** A failed or cancelled one can be read again. */
  #once(key, read) {
    if (this.#kept.has(key)) return this.#kept.get(key);
    const reading = read();
    this.#kept.set(key, reading);
    reading.catch(() => this.#kept.delete(key));
    return reading;
  }
}

async function collect(entries) {
  const all = [];
  for await (const entry of entries) all.push(entry);
  return all;
}
