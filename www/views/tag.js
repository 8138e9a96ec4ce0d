// The page of a tag or digest: facts, a choice of platform, and sections about the image for that platform.

import { h } from '../dom.js';
import { ago, bytes, instant, mediaTypeName, platformName, plural } from '../text/format.js';
import { SECTIONS, digestHref, pageHref, tagHref, withQueries } from '../router.js';
import { Pills, point } from '../ui/lists/pills.js';
import { part } from '../ui/part.js';
import { actionsMenu } from './actions.js';
import { crumbs } from './common.js';
import { openReference } from '../model/contents/opened.js';
import { pullCommands } from './image/pull.js';
import { artifactSections, sectionsOf } from './image/sections.js';
import { sectionOf } from './lazy.js';

const NAMES = {
  overview: 'Overview',
  layers: 'Layers',
  files: 'Files',
  history: 'History',
  dockerfile: 'Dockerfile',
  config: 'Config',
  packages: 'Packages',
  waste: 'Waste',
  references: 'References',
  raw: 'JSON',
};

export function tagView({ session, route, signal }) {
  const repository = session.client.repository(route.name);
  const [separator, reference] = route.tag === undefined ? ['@', route.digest] : [':', route.tag];
  const name = `${repository.name}${separator}${reference}`;
  const body = h('div', {});
  const facts = h('p', { class: 'meta', role: 'status' });
  const pull = h('div', { class: 'pull-line' });
  let page;
  /** What the tag was found to point to. */
  let shown;
  const load = part({
    label: `Reading ${name}`,
    lines: 8,
    signal,
    work: async () => {
      facts.textContent = 'Reading…';
      try {
        return await openReference(repository, route, { signal });
      } finally {
        facts.textContent = '';
      }
    },
    render: (found) => {
      facts.replaceChildren(...summary(found.data));
      shown = found.data.digest ?? found.data.id;
      if (found.blob) return blobPage({ repository, blob: found.blob, signal });
      const { host } = session;
      const { manifest, data } = found;
      pull.replaceChildren(
        pullCommands({ host, name: repository.name, reference: route, digest: data.digest, manifest }),
        ...(manifest ? [compareLink(name)] : []),
      );
      page = new TagPage({ session, repository, signal, reference: route, ...found });
      page.show(route);
      return page.element;
    },
  });
  body.append(load);

  const element = h(
    'div',
    { class: 'view' },
    h(
      'header',
      { class: 'view-head' },
      crumbs(session, repository.name, { below: true }),
      h(
        'div',
        { class: 'title-line' },
        h('h1', { tabindex: -1 }, h('span', { class: 'muted' }, `${repository.name}${separator}`), h('wbr'), reference),
        actionsMenu({ session, repository, route, seen: () => shown, signal }),
      ),
      facts,
      pull,
    ),
    body,
  );
  return {
    element,
    title: name,
    /** Shows another section or platform of the same content without reading anything again. */
    update(next) {
      if (['view', 'name', 'tag', 'digest'].some((field) => next[field] !== route[field])) return false;
      route = next;
      page?.show(next);
      return true;
    },
  };
}

const compareLink = (name) =>
  h('a', { class: 'button', href: pageHref('compare', undefined, { a: name }) }, 'Compare with…');

/** A digest of the manifest or config that is no manifest's. */
const blobPage = ({ repository, blob, signal }) =>
  part({
    signal,
    work: () => import('./image/blob.js'),
    render: ({ blobView }) => blobView({ repository, blob, signal }),
  });

function summary(data) {
  const platforms = new Set(data.platforms.map(platformName).filter(Boolean));
  const parts = [
    data.artifactType ? `Artifact, ${data.artifactType}` : data.digest ? mediaTypeName(data.mediaType) : 'V1 image',
    platforms.size > 1 ? plural(platforms.size, 'platform') : [...platforms][0],
    data.size > 0 ? bytes(data.size) : undefined,
    data.created && ago(data.created)
      ? h('time', { datetime: data.created.toISOString(), title: instant(data.created) }, ago(data.created))
      : undefined,
    data.verified ? undefined : 'not verified: V1 has no digests',
  ].filter(Boolean);
  return parts.map((content) => h('span', { class: 'meta-item' }, content));
}

/** The choice of platform, the tabs, and the sections, which are built once per platform. */
class TagPage {
  #context;
  #platforms;
  #isIndex;
  #sections;
  #controller;
  #platform;
  #image;
  #pills;
  #built = new Map();
  #choice = h('div', { class: 'choice' });
  #tabs = h('nav', { class: 'tabs', 'aria-label': 'Sections' });
  #pane = h('div', { class: 'pane' });

  constructor(context) {
    this.#context = context;
    const { data, manifest } = context;
    this.#isIndex = manifest?.manifests !== undefined;
    this.#platforms = this.#isIndex ? [...new Set(data.platforms.map(platformName).filter(Boolean))] : [];
    this.#sections = sectionsOf(manifest);
    this.element = h('div', { class: 'tag-page' }, this.#choice, this.#tabs, this.#pane);
  }

  show(route) {
    const { signal } = this.#context;
    const platform = route.platform ?? this.#defaultPlatform();
    if (platform !== this.#platform || !this.#controller) {
      this.#controller?.abort();
      this.#controller = new AbortController();
      this.#platform = platform;
      this.#built.clear();
      this.#image = undefined;
    }
    const section = SECTIONS.includes(route.section) && this.#sections[route.section] ? route.section : 'overview';
    const ending = AbortSignal.any([signal, this.#controller.signal]);
    const image = () => (this.#image ??= this.#open(platform, ending));
    const link = (name, query = {}) => withQueries(this.#href(name, platform), query);
    const context = { ...this.#context, image, platform, link, route, signal: ending };
    if (this.#built.has(section)) this.#built.get(section).update?.(route);
    else this.#built.set(section, sectionOf(this.#sections[section](context)));
    this.#showChoice(section);
    this.#showTabs(section);
    const { element } = this.#built.get(section);
    // An element that is put where it is already would lose the focus.
    if (this.#pane.lastElementChild !== element)
      this.#pane.replaceChildren(h('h2', { class: 'visually-hidden' }, NAMES[section]), element);
  }

  #open(platform, signal) {
    const { data, repository } = this.#context;
    // By digest, or the id of V1, so that all sections show the same content even if the tag moves.
    const opening = repository.image(data.digest ?? data.id, { platform, signal });
    // A failed request can be tried again.
    opening.catch(() => {
      if (this.#image === opening) this.#image = undefined;
    });
    return opening;
  }

  #defaultPlatform() {
    return this.#platforms.includes('linux/amd64') ? 'linux/amd64' : this.#platforms[0];
  }

  #href(section, platform) {
    const { repository, reference } = this.#context;
    const more = { section, platform: platform === this.#defaultPlatform() ? undefined : platform };
    return reference.tag === undefined
      ? digestHref(repository.name, reference.digest, more)
      : tagHref(repository.name, reference.tag, more);
  }

  #showChoice(section) {
    if (this.#platforms.length === 0) {
      this.#choice.replaceChildren(
        ...(this.#isIndex ? [h('p', { class: 'muted' }, 'This index states no platforms.')] : []),
      );
      return;
    }
    const links = { href: (platform) => this.#href(section, platform), current: this.#platform };
    if (this.#pills) {
      this.#pills.update(links);
      return;
    }
    this.#pills = new Pills({ label: 'Platforms', items: this.#platforms, noun: 'platform', ...links });
    this.#choice.append(this.#pills.element);
  }

  #showTabs(section) {
    const names = SECTIONS.filter((name) => this.#sections[name]);
    if (!this.#tabs.firstChild)
      this.#tabs.append(
        ...names.map((name) =>
          h('a', {}, this.#sections === artifactSections && name === 'layers' ? 'Blobs' : NAMES[name]),
        ),
      );
    // The links stay the same elements, so that the one that was followed keeps the focus.
    names.forEach((name, at) => point(this.#tabs.children[at], this.#href(name, this.#platform), name === section));
    const current = this.#tabs.querySelector('[aria-current]');
    // Narrow screens show only some tabs; scroll to the current one.
    requestAnimationFrame(() => {
      this.#tabs.scrollLeft =
        current.offsetLeft - this.#tabs.offsetLeft - this.#tabs.clientWidth / 2 + current.offsetWidth / 2;
    });
  }
}
