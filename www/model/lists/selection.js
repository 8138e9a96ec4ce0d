// The selected items of a list: one by one, or a range from where the last choice was made.

export class Selection extends EventTarget {
  #items = new Set();
  #anchor;

  get size() {
    return this.#items.size;
  }
  has(item) {
    return this.#items.has(item);
  }
  /** In the order of the list that is given; what is not in it comes last. */
  among(list) {
    const here = list.filter((item) => this.#items.has(item));
    return here.length === this.size ? here : [...new Set([...here, ...this.#items])];
  }

  /** Selects these, or none of them if all are selected. */
  toggle(...items) {
    const isAll = items.every((item) => this.#items.has(item));
    for (const item of items) this.#items[isAll ? 'delete' : 'add'](item);
    this.#anchor = items[0];
    this.#tell();
  }

  /** Selects everything from the last choice to this item. */
  extend(list, item) {
    const to = list.indexOf(item);
    const from = this.#anchor === undefined ? to : list.indexOf(this.#anchor);
    if (from < 0) this.#anchor = item;
    for (const one of list.slice(Math.min(from < 0 ? to : from, to), Math.max(from, to) + 1)) this.#items.add(one);
    this.#anchor ??= item;
    this.#tell();
  }

  add(list) {
    for (const item of list) this.#items.add(item);
    this.#tell();
  }

  /** Forgets items that are no longer there. */
  keep(list) {
    if (this.size === 0) return;
    const there = new Set(list);
    const gone = [...this.#items].filter((item) => !there.has(item));
    for (const item of gone) this.#items.delete(item);
    if (gone.length > 0) this.#tell();
  }

  clear() {
    this.#items.clear();
    this.#anchor = undefined;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
