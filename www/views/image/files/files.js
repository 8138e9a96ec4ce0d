// The files of an image: of one layer, up to one, or of all; as a tree or as what a search finds; and one of them in full.

import { announce, h, icon } from '../../../dom.js';
import { contentsOf } from '../../../model/contents/contents.js';
import { everyNode, reveal, treeOf } from '../../../model/contents/file-tree.js';
import { comparedLayer, listingOf } from '../../../model/contents/layer-listing.js';
import { withQueries } from '../../../router.js';
import { bytes, plural } from '../../../text/format.js';
import { matcher } from '../../../text/names.js';
import { part } from '../../../ui/part.js';
import { amount, isCheap, readingPart } from '../../../ui/reading.js';
import { FileRows } from './rows.js';
import { filePreview } from './preview.js';
import { layerRail } from './layer-rail.js';

export function filesSection({ session, repository, image, link, route, signal }) {
  let view;
  const element = part({
    signal,
    lines: 10,
    label: 'Reading the layers',
    work: async () => {
      const found = await image();
      return { found, steps: await found.history({ signal }) };
    },
    render: ({ found, steps }) => {
      const contents = contentsOf(found, session.layerStore);
      view = new FilesView({ contents, steps, repository, link: (query) => link('files', query), signal });
      view.update(route);
      return view.element;
    },
  });
  return {
    element: h('div', {}, element),
    update: (next) => {
      route = next;
      view?.update(next);
    },
  };
}

/** What the address says: `scope` is "image", "layer" or "upto". */
function stateOf({ query }, count) {
  const layer = /^\d{1,4}$/.test(query.layer ?? '') && Number(query.layer) < count ? Number(query.layer) : undefined;
  const scope = layer === undefined ? 'image' : query.scope === 'upto' ? 'upto' : 'layer';
  return {
    scope,
    layer,
    path: query.path,
    find: query.find ?? '',
    least: Number(query.least) || 0,
    order: query.order,
  };
}

const SIZES = { 0: 'Any size', 10000: '10 kB or more', 1000000: '1 MB or more', 10000000: '10 MB or more' };

class FilesView {
  #context;
  #state = {};
  #root;
  #shownScope;
  #rows;
  #rail = h('div', { class: 'rail' });
  #scopes = h('nav', { class: 'scopes', 'aria-label': 'What is shown' });
  #listing = h('div', { class: 'files-listing' });
  #found = h('p', { class: 'count' });
  #preview = h('div', { class: 'files-preview' });
  #find;
  #least;
  #order;

  constructor(context) {
    this.#context = context;
    this.#find = h('input', {
      type: 'search',
      placeholder: 'Find: words, or a glob: *.conf',
      'aria-label': 'Find files',
      spellcheck: 'false',
      autocapitalize: 'none',
      autocomplete: 'off',
      oninput: () => this.#search(),
    });
    this.#least = choice('Size', SIZES, () => this.#search());
    this.#order = choice('Order', { name: 'By name', size: 'Largest first' }, () => this.#search());
    this.#rows = new FileRows({
      hrefOf: (node) => this.#link({ path: node.path }),
      open: (node) => this.#leaveSearch(node),
      signal: context.signal,
    });
    this.element = h(
      'div',
      { class: 'files' },
      this.#rail,
      h(
        'section',
        { class: 'files-main', 'aria-label': 'Files' },
        h(
          'div',
          { class: 'files-tools' },
          this.#scopes,
          h('div', { class: 'search' }, icon('search'), this.#find),
          this.#least,
          this.#order,
        ),
        this.#listing,
      ),
      this.#preview,
    );
  }

  /** Of many layers, the chosen one is to be seen. */
  #showChosenLayer() {
    const current = this.#rail.querySelector('[aria-current]');
    if (!current) return;
    const distance = current.getBoundingClientRect().top - this.#rail.getBoundingClientRect().top;
    this.#rail.scrollTop += distance - this.#rail.clientHeight / 3;
  }

  get #count() {
    return this.#context.contents.image.layers.length;
  }

  update(route) {
    const before = this.#state;
    this.#state = stateOf(route, this.#count);
    const { scope, layer, find, least, order, path } = this.#state;
    this.#find.value = find;
    this.#least.value = String(least in SIZES ? least : 0);
    this.#order.value = order === 'size' ? 'size' : 'name';
    this.#showScopes();
    this.#rail.replaceChildren(
      layerRail({
        ...this.#context,
        layers: this.#context.contents.image.layers,
        selected: layer,
        link: (at) => this.#link({ layer: at, scope: scope === 'upto' ? 'upto' : undefined, path: undefined }),
      }),
    );
    requestAnimationFrame(() => this.#showChosenLayer());
    const key = `${scope} ${layer}`;
    if (this.#shownScope !== key) this.#read(key);
    else this.#show();
    if (before.path !== path || before.layer !== layer || before.scope !== scope) this.#open();
  }

  /** An address with other parts of the query. */
  #link(changes) {
    const { scope, layer, path, find, least, order } = this.#state;
    const all = { layer, scope: scope === 'upto' ? 'upto' : undefined, find, least, order, path, ...changes };
    const text = (value) => (value === undefined || value === 0 ? '' : String(value));
    // Layer 0 is one.
    const query = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, text(value)]));
    return this.#context.link({ ...query, layer: all.layer === undefined ? '' : String(all.layer) });
  }

  #showScopes() {
    const { scope, layer } = this.#state;
    const pill = (name, caption, changes) =>
      h('a', { class: 'pill', href: this.#link(changes), 'aria-current': scope === name && 'true' }, caption);
    this.#scopes.replaceChildren(
      ...(layer === undefined
        ? []
        : [
            pill('layer', 'This layer', { scope: undefined, path: undefined }),
            pill('upto', 'Up to here', { scope: 'upto', path: undefined }),
          ]),
      pill('image', 'Whole image', { layer: undefined, scope: undefined, path: undefined }),
    );
  }

  /** A single layer is compared with those below only if that costs next to nothing. */
  #read(key) {
    this.#shownScope = key;
    this.#root = undefined;
    const { contents } = this.#context;
    const { scope, layer } = this.#state;
    const signal = this.#begin('listing');
    const top = layer ?? this.#count - 1;
    this.#listing.replaceChildren(
      readingPart({
        what: scope === 'layer' ? `Lists layer ${layer}` : 'Lists the files',
        cost: () => (scope === 'layer' ? contents.cost(layer) : contents.cost(0, top)),
        work: (options) => listingOf(contents, { scope, top, mayCompare: isCheap(contents.cost(0, top)) }, options),
        render: (listing) => this.#render(key, listing),
        signal,
      }),
    );
  }

  /** What was being read for the same place is no longer wanted. */
  #begin(place) {
    this.#reading[place]?.abort();
    this.#reading[place] = new AbortController();
    return AbortSignal.any([this.#context.signal, this.#reading[place].signal]);
  }
  #reading = {};

  #render(key, { entries, marks, gone, isCompared }) {
    if (this.#shownScope !== key) return [];
    this.#root = treeOf(entries, { marks, gone });
    // A small tree is seen at a glance.
    if (entries.length + gone.length <= 40) for (const node of everyNode(this.#root)) node.isOpen = node.isDirectory;
    this.#show();
    this.#open();
    const note = isCompared ? null : this.#offerToCompare(key);
    return [h('div', { class: 'files-head' }, this.#found, note), this.#rows.element];
  }

  /** A layer alone does not tell what is new in it. */
  #offerToCompare(key) {
    const { contents } = this.#context;
    const { layer } = this.#state;
    const compare = () => {
      this.#listing.replaceChildren(
        readingPart({
          what: 'Compares the layer with those below',
          cost: () => contents.cost(0, layer),
          isAgreed: true,
          work: (options) => comparedLayer(contents, layer, options),
          render: (listing) => this.#render(key, listing),
          signal: this.#begin('listing'),
        }),
      );
    };
    return h(
      'p',
      { class: 'muted small' },
      'What is new or changed is known when the layers below are read, too. ',
      h('button', { type: 'button', class: 'quiet', onclick: compare }, `Read ${amount(contents.cost(0, layer))}`),
    );
  }

  #searching;
  #search() {
    Object.assign(this.#state, {
      find: this.#find.value.trim(),
      least: Number(this.#least.value),
      order: this.#order.value === 'size' ? 'size' : undefined,
    });
    const { find, least, order } = this.#state;
    const address = withQueries(location.hash, { find, least: least ? String(least) : '', order });
    history.replaceState(history.state, '', address);
    this.#show();
    clearTimeout(this.#searching);
    this.#searching = setTimeout(() => announce(`Files: ${this.#found.textContent}`), 600);
  }

  /** From a directory that the search found to its place in the tree. */
  #leaveSearch(node) {
    this.#find.value = '';
    this.#least.value = '0';
    reveal(this.#root, node.path);
    node.isOpen = true;
    this.#search();
    this.#rows.focus(node);
  }

  #show() {
    if (!this.#root) return;
    const { find, least, order } = this.#state;
    const all = [...everyNode(this.#root)];
    const files = all.filter((node) => node.entry && !node.isDirectory);
    const isSearch = find !== '' || least > 0;
    if (!isSearch) {
      const { size, gone } = this.#root;
      this.#found.textContent = `${plural(files.length, 'file')}, ${bytes(size)}${gone ? `; ${bytes(gone)} gone` : ''}`;
      this.#rows.showTree(this.#root, order);
      return;
    }
    const matches = matcher(find);
    const found = all.filter(
      (node) =>
        node.weight >= least && (least === 0 || !node.isDirectory) && (matches(node.path) || matches(node.name)),
    );
    if (order === 'size') found.sort((one, other) => other.weight - one.weight);
    this.#found.textContent = `${plural(found.length, 'match', 'matches')} of ${plural(files.length, 'file')}`;
    this.#rows.showFound(found);
  }

  /** The file that the address names, once the listing is there. */
  #open() {
    const { path, scope, layer } = this.#state;
    const node = path && this.#root ? reveal(this.#root, path) : undefined;
    const hadFocus = this.#preview.contains(document.activeElement);
    const isOpen = Boolean(path && this.#root);
    this.element.classList.toggle('has-preview', isOpen);
    if (!isOpen) {
      this.#preview.replaceChildren();
      if (hadFocus) this.#rows.focus(this.#opened);
      return;
    }
    this.#show();
    this.#opened = node;
    this.#rows.mark(node);
    this.#preview.replaceChildren(
      filePreview({
        ...this.#context,
        signal: this.#begin('preview'),
        node,
        path,
        upTo: scope === 'image' ? this.#count - 1 : layer,
        closeHref: this.#link({ path: undefined }),
        go: (target) => this.#link({ path: target }),
        layerHref: (at) => this.#link({ layer: at, scope: undefined, path }),
      }),
    );
    // On a narrow screen the list makes room for the file.
    if (!this.#rows.isShown) this.#preview.querySelector('h3')?.focus();
  }
  #opened;
}

function choice(label, options, onchange) {
  return h(
    'select',
    { 'aria-label': label, onchange },
    Object.entries(options).map(([value, caption]) => h('option', { value }, caption)),
  );
}
