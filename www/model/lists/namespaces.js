// The namespaces of a catalog as a tree: "a/b/c" is a repository in "a/b", which is in "a".

import { namespaceOf } from '../../text/format.js';

/** Whether a repository is in a namespace, or in one of those below it. "library" has those without a namespace too. */
export const isIn = (name, namespace) =>
  name.startsWith(`${namespace}/`) || (namespace === 'library' && !name.includes('/'));

export class Namespaces {
  #nodes = new Map();
  #counted = 0;
  #names;
  /** How many there are of the first level. */
  size = 0;

  /** Adds the new names of a list that grows; counts another list anew. */
  update(names) {
    if (names !== this.#names) {
      [this.#names, this.#counted, this.size] = [names, 0, 0];
      this.#nodes.clear();
    }
    for (; this.#counted < names.length; this.#counted += 1) this.#add(names[this.#counted]);
  }

  #add(name) {
    const parts = name.includes('/') ? name.split('/').slice(0, -1) : [namespaceOf(name)];
    let path = '';
    let above;
    for (const [depth, part] of parts.entries()) {
      path = depth === 0 ? part : `${path}/${part}`;
      let node = this.#nodes.get(path);
      if (!node) {
        node = { path, part, depth, count: 0, below: [] };
        this.#nodes.set(path, node);
        if (above) above.below.push(path);
        else this.size += 1;
      }
      node.count += 1;
      above = node;
    }
  }

  get(path) {
    return this.#nodes.get(path);
  }

  /** The paths that are shown while those in `open` show what is in them. */
  visible(open) {
    const paths = [];
    const add = (path) => {
      paths.push(path);
      if (open.has(path)) this.#nodes.get(path).below.forEach(add);
    };
    for (const { path, depth } of this.#nodes.values()) if (depth === 0) add(path);
    return paths;
  }
}

/** A namespace and those above it. */
export function pathsTo(namespace) {
  const parts = namespace.split('/');
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}
