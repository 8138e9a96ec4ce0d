// Two images beside each other: layers, config, files, packages, and the text of one file.

import { h } from '../../../dom.js';
import { imageName, openBoth, sharedLayers } from '../../../model/contents/compared.js';
import { homeHref, pageHref } from '../../../router.js';
import { ordered } from '../../../text/names.js';
import { Pills } from '../../../ui/lists/pills.js';
import { errorBox, part } from '../../../ui/part.js';
import { amount, isCheap, readingPart } from '../../../ui/reading.js';
import { block } from '../../common.js';
import { configBlock, layersBlock, sideFacts } from './facts.js';
import { CompareFiles } from './files.js';
import { comparePackages } from './packages.js';

export function compareView({ session, route, signal }) {
  const { a = '', b = '' } = route.query;
  let comparison;
  const body = h('div', {});
  if (a && b) {
    body.append(
      part({
        signal,
        lines: 8,
        label: 'Reading both images',
        work: () => openBoth(session.client, [a, b], route.query.on, { signal }),
        render: (opened) => {
          comparison = new Comparison({ session, route, signal, ...opened });
          return comparison.element;
        },
      }),
    );
  } else if (a || b) body.append(suggestions(session, a || b, signal));
  if (a || b) body.prepend(h('h2', { class: 'visually-hidden' }, a && b ? 'Differences' : 'Tags'));
  const element = h(
    'div',
    { class: 'view' },
    h(
      'header',
      { class: 'view-head' },
      h('nav', { class: 'crumbs', 'aria-label': 'Breadcrumb' }, h('a', { href: homeHref() }, session.host)),
      h('h1', { tabindex: -1 }, 'Compare images'),
      form(a, b),
    ),
    body,
  );
  return {
    element,
    title: a && b ? `${a} and ${b}` : 'Compare images',
    update(next) {
      if (next.view !== route.view || ['a', 'b', 'on'].some((name) => next.query[name] !== route.query[name]))
        return false;
      route = next;
      comparison?.show(next);
      return true;
    },
  };
}

/** Both names, to be typed or pasted. */
function form(a, b) {
  const field = (id, caption, value) => {
    const input = h('input', {
      id,
      value,
      required: true,
      spellcheck: 'false',
      autocapitalize: 'none',
      autocomplete: 'off',
      placeholder: 'team/web:1.0, or team/web@sha256:…',
    });
    return h('div', { class: 'field' }, h('label', { for: id }, caption), input);
  };
  const before = field('compare-a', 'Before', a);
  const after = field('compare-b', 'After', b);
  const value = (holder) => holder.lastElementChild.value.trim();
  return h(
    'form',
    {
      class: 'compare-form',
      'aria-label': 'Images to compare',
      onsubmit: (event) => {
        event.preventDefault();
        location.hash = pageHref('compare', undefined, { a: value(before), b: value(after) });
      },
    },
    before,
    h('a', { class: 'button quiet', href: pageHref('compare', undefined, { a: b, b: a }) }, 'Swap'),
    after,
    h('button', { type: 'submit', class: 'primary' }, 'Compare'),
  );
}

const SUGGESTED = 60;

/** The other tags of the repository, of which one is chosen. */
function suggestions(session, text, signal) {
  const { name, tag } = imageName(text);
  let repository;
  try {
    repository = session.client.repository(name);
  } catch (error) {
    return errorBox(error);
  }
  return part({
    signal,
    label: 'Reading the tags',
    work: async () => {
      const listing = session.tags(repository, { signal });
      await listing.finished;
      if (listing.error) throw listing.error;
      return listing.items;
    },
    render: (tags) => {
      const others = ordered(tags, 'version').filter((one) => one !== tag);
      return block(
        'Compare with another tag',
        h(
          'ul',
          { class: 'chips' },
          others
            .slice(0, SUGGESTED)
            .map((one) =>
              h('li', {}, h('a', { href: pageHref('compare', undefined, { a: text, b: `${name}:${one}` }) }, one)),
            ),
        ),
        others.length > SUGGESTED
          ? h('p', { class: 'muted small' }, 'These are the first. Any other can be typed above.')
          : null,
      );
    },
  });
}

class Comparison {
  #context;
  #files;
  #packages = h('div', {});

  constructor(context) {
    this.#context = context;
    const { sides, platforms, platform, route } = context;
    const images = sides.map(({ image }) => image);
    const isSame = images[0].digest !== undefined && images[0].digest === images[1].digest;
    this.element = h(
      'div',
      { class: 'stack' },
      platforms.length > 1 ? platformChoice(route, platforms, platform).element : null,
      h(
        'div',
        { class: 'pair' },
        sides.map((side, at) => sideFacts(side, at, images)),
      ),
      isSame ? h('p', { class: 'limit' }, 'Both are the same image.') : null,
      layersBlock(images),
      this.#contents(images),
      this.#packages,
    );
    this.#showPackages(images);
  }

  /** Again when more has been read, unless they are there: then it costs less. */
  #showPackages(images) {
    const { session, signal } = this.#context;
    if (this.#packages.querySelector('.question button.primary') || !this.#packages.firstChild)
      this.#packages.replaceChildren(comparePackages({ images, store: session.layerStore, signal }));
  }

  show(route) {
    this.#context.route = route;
    this.#files?.show(route);
  }

  /** Exactly where that costs next to nothing; otherwise without the layers that both have. */
  #contents(images) {
    const { session, signal } = this.#context;
    const store = session.layerStore;
    const shared = sharedLayers(images);
    const all = () => store.costOf(images.flatMap(({ layers }) => layers));
    const own = () => store.costOf(images.flatMap(({ layers }) => layers.slice(shared)));
    const holder = h('div', {});
    const read = (exact, isAgreed = false) =>
      holder.replaceChildren(
        readingPart({
          boxed: true,
          isAgreed,
          what: exact ? 'Compares config and files' : 'Compares config and files above the shared layers',
          cost: exact ? all : own,
          work: (options) => images[0].diff(images[1], { ...options, exact, ignoreTimes: true }),
          render: (diff) => this.#render(images, diff, exact ? null : () => this.#offer(all(), () => read(true, true))),
          signal,
        }),
      );
    read(shared === 0 || isCheap(all()));
    return holder;
  }

  #offer(cost, read) {
    return h(
      'p',
      { class: 'limit' },
      'The layers that both have were not read, so that “written” may be new or changed. ',
      h('button', { type: 'button', class: 'quiet', onclick: read }, `Read ${amount(cost)}`),
    );
  }

  #render(images, { config, files }, offer) {
    const { sides, signal, session } = this.#context;
    this.#files = new CompareFiles({
      images,
      changes: files,
      store: session.layerStore,
      note: offer?.(),
      names: sides.map(({ text }) => text),
      signal,
    });
    this.#files.show(this.#context.route);
    this.#showPackages(images);
    return h('div', { class: 'stack' }, configBlock(config), this.#files.element);
  }
}

const platformChoice = ({ query: { a, b } }, platforms, current) =>
  new Pills({
    label: 'Platforms',
    items: platforms,
    noun: 'platform',
    href: (on) => pageHref('compare', undefined, { a, b, on }),
    current,
  });
