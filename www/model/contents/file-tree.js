// Entries of an archive as a tree of directories.

/** What a layer did to a path, as the page calls it. */
const MARKS = {
  added: 'new',
  // Of two images, one writes it above what both have.
  written: 'written',
  content: 'changed',
  metadata: 'changed',
  removed: 'gone',
  deleted: 'gone',
  emptied: 'gone',
};
export const markOf = ({ change }) => MARKS[change];

/** A directory or file. `size`: of a directory, all that is in it. */
class Node {
  entry = undefined;
  mark = undefined;
  size = 0;
  /** Bytes of what is no more. */
  gone = 0;
  /** Bytes that the entry itself brings. */
  own = 0;
  isOpen = false;
  children = undefined;
  #sorted;
  #path;

  constructor(parent, name) {
    this.parent = parent;
    this.name = name;
    this.depth = parent ? parent.depth + 1 : -1;
  }

  get path() {
    if (this.#path === undefined) {
      const names = [];
      for (let node = this; node.parent; node = node.parent) names.push(node.name);
      this.#path = `/${names.reverse().join('/')}`;
    }
    return this.#path;
  }

  /** What it holds, or held. */
  get weight() {
    return this.size || this.gone;
  }

  get isDirectory() {
    return this.children !== undefined || this.entry?.kind === 'directory';
  }

  child(key, name) {
    this.children ??= new Map();
    if (!this.children.has(key)) this.children.set(key, new Node(this, name));
    return this.children.get(key);
  }

  /** Directories first; by name, or the largest first. */
  sorted(order) {
    if (this.#sorted?.order !== order) {
      const nodes = [...(this.children?.values() ?? [])];
      const byName = (one, other) =>
        Number(other.isDirectory) - Number(one.isDirectory) ||
        (one.name < other.name ? -1 : Number(one.name > other.name));
      nodes.sort(order === 'size' ? (one, other) => other.weight - one.weight || byName(one, other) : byName);
      this.#sorted = { order, nodes };
    }
    return this.#sorted.nodes;
  }
}

/**
 * Builds the tree. `marks`: by path, `new`, `changed` or `gone`. `gone`: entries that are no more, as they were before.
 * Every name is data: ".." is a directory of that name.
 */
export function treeOf(entries, { marks = new Map(), gone = [] } = {}) {
  const root = new Node(undefined, '');
  for (const entry of entries) put(root, entry, entry.kind === 'whiteout' ? 'gone' : marks.get(entry.path));
  for (const entry of gone) put(root, entry, 'gone');
  return root;
}

function put(root, entry, mark) {
  const names = entry.path.split('/').filter(Boolean);
  // The directory that a layer empties has an entry of its own.
  if (entry.kind === 'opaque' || names.length === 0) return;
  const last = names.pop();
  let node = root;
  for (const name of names) node = node.child(name, name);
  // Two names that are not UTF-8 may look alike.
  const leaf = node.child(entry.pathBytes ? `${last}\0${entry.pathBytes}` : last, last);
  // What was there before does not hide what is there now.
  if (mark === 'gone' && leaf.entry && leaf.entry.kind !== 'whiteout') return;
  const isGone = mark === 'gone';
  // A hard link is another name of bytes that count once; a name that comes twice counts with its last content.
  const size = entry.kind === 'file' ? entry.size : 0;
  const own = isGone ? 0 : size;
  for (let one = leaf; one; one = one.parent) {
    one.size += own - leaf.own;
    if (isGone) one.gone += size;
  }
  Object.assign(leaf, { entry, mark, own });
}

/** The rows that are to be seen: the children of all directories that are open. */
export const visible = (root, order) => [...walk(root, order, ({ isOpen }) => isOpen)];

/** Every node below, directories before what is in them. */
export const everyNode = (root) => walk(root, 'name', () => true);

/** Without recursion, for which archives can be too deep. */
function* walk(root, order, isEntered) {
  const waiting = [];
  const enter = (node) => {
    const nodes = node.sorted(order);
    for (let at = nodes.length - 1; at >= 0; at -= 1) waiting.push(nodes[at]);
  };
  enter(root);
  while (waiting.length > 0) {
    const node = waiting.pop();
    yield node;
    if (isEntered(node)) enter(node);
  }
}

/** The node at a path, and the directories above it opened. */
export function reveal(root, path) {
  let node = root;
  for (const name of path.split('/').filter(Boolean)) {
    node.isOpen = true;
    node = node.children?.get(name) ?? [...(node.children?.values() ?? [])].find((one) => one.name === name);
    if (!node) return undefined;
  }
  return node === root ? undefined : node;
}
