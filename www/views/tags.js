// The tags of a repository as their pages arrive, with details of the visible ones on request.

import { h, icon } from '../dom.js';
import { explain } from '../errors.js';
import { ago, bytes, instant, platformName, plural } from '../format.js';
import { tagHref } from '../router.js';
import { ListingView } from '../ui/listing-view.js';
import { emptyBox, errorBox } from '../ui/part.js';
import { crumbs, remember, remembered } from './common.js';

const SETTLED_AFTER = 120;

export function tagsView({ session, route, signal }) {
  const repository = session.client.repository(route.name);
  const details = new Details(repository, /^(localhost|127\.|\[::1\])/.test(session.host), signal, (tag) =>
    tags.rows.refresh(tag),
  );
  const toggle = h('input', {
    type: 'checkbox',
    id: 'details',
    checked: details.wanted,
    onchange: () => {
      details.wanted = toggle.checked;
      tags.element.classList.toggle('with-details', toggle.checked);
      tags.rows.refreshAll();
    },
  });
  const summary = h('p', { class: 'meta' });
  const refresh = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      onclick: () => {
        details.forget();
        tags.show(session.tags(repository, { signal, again: true }));
      },
    },
    icon('refresh'),
    'Refresh',
  );

  const tags = new ListingView({
    title: 'Tags',
    rowRem: 2.75,
    row: (tag) => tagRow(repository.name, tag, details.get(tag)),
    onRange: (inSight) => details.want(inSight),
    signal,
    tools: h('label', { class: 'switch', title: 'Reads the manifest of each visible tag' }, toggle, 'Sizes and dates'),
    columns: h(
      'div',
      { class: 'row columns-head', 'aria-hidden': 'true' },
      h('span', { class: 'row-name' }, 'Tag'),
      h('span', { class: 'cell-platforms' }, 'Platforms'),
      h('span', { class: 'cell-size' }, 'Size'),
      h('span', { class: 'cell-created' }, 'Created'),
    ),
    empty: (wanted) => (wanted ? emptyBox(`No tag matches “${wanted}”`) : emptyBox('This repository has no tags')),
    failed: (error) => errorBox(error, { retry: () => refresh.click() }),
    onChange: ({ items, state }) => {
      refresh.disabled = state === 'loading';
      summary.textContent = `${plural(items.length, 'tag')}${state === 'loading' ? ', reading…' : ''}`;
    },
  });
  tags.element.classList.add('tags');
  tags.element.classList.toggle('with-details', details.wanted);
  tags.show(session.tags(repository, { signal }));

  const element = h(
    'div',
    { class: 'view' },
    h(
      'header',
      { class: 'view-head' },
      crumbs(session, repository.name),
      h('div', { class: 'title-line' }, h('h1', { tabindex: -1 }, repository.name), refresh),
      summary,
    ),
    tags.element,
  );
  return { element, title: repository.name };
}

function tagRow(name, tag, detail) {
  const cells = !detail
    ? [h('span', { class: 'cell-platforms' }), h('span', { class: 'cell-size' }), h('span', { class: 'cell-created' })]
    : detail.error
      ? h('span', { class: 'cell-error', title: explain(detail.error).message }, explain(detail.error).code)
      : [
          h('span', { class: 'cell-platforms' }, platforms(detail.data)),
          h('span', { class: 'cell-size' }, detail.data.size > 0 ? bytes(detail.data.size) : ''),
          h('span', { class: 'cell-created', title: instant(detail.data.created) }, ago(detail.data.created)),
        ];
  return h(
    'a',
    { class: 'row', href: tagHref(name, tag) },
    icon('tag'),
    h('span', { class: 'row-name' }, h('strong', {}, tag)),
    cells,
    icon('forward'),
  );
}

function platforms({ platforms: all, artifactType }) {
  const names = [...new Set(all.map(platformName).filter(Boolean))];
  if (names.length === 0) return artifactType ? 'artifact' : '';
  return names.length === 1 ? names[0] : plural(names.length, 'platform');
}

/** Details of the visible tags only, because each costs the registry one to three requests. */
class Details {
  #repository;
  #isLocal;
  #signal;
  #changed;
  #known = new Map();
  #reading = new Map();
  #timer;

  constructor(repository, isLocal, signal, changed) {
    [this.#repository, this.#isLocal, this.#signal, this.#changed] = [repository, isLocal, signal, changed];
    signal.addEventListener('abort', () => clearTimeout(this.#timer), { once: true });
  }

  /** On by default for a registry on this machine only; others may have a rate limit. */
  get wanted() {
    return remembered('details', this.#isLocal ? 'on' : 'off') === 'on';
  }
  set wanted(wanted) {
    remember('details', wanted ? 'on' : 'off');
    if (!wanted) this.want([]);
  }

  get(tag) {
    return this.wanted ? this.#known.get(tag) : undefined;
  }

  forget() {
    this.want([]);
    this.#known.clear();
  }

  want(tags) {
    clearTimeout(this.#timer);
    const wanted = new Set(this.wanted ? tags : []);
    for (const [tag, controller] of this.#reading) {
      if (wanted.has(tag)) continue;
      controller.abort();
      this.#reading.delete(tag);
    }
    // No requests while the list is scrolled.
    if (wanted.size > 0) this.#timer = setTimeout(() => wanted.forEach((tag) => this.#read(tag)), SETTLED_AFTER);
  }

  async #read(tag) {
    if (this.#known.has(tag) || this.#reading.has(tag)) return;
    const controller = new AbortController();
    this.#reading.set(tag, controller);
    let detail;
    try {
      detail = {
        data: await this.#repository.data(tag, { signal: AbortSignal.any([this.#signal, controller.signal]) }),
      };
    } catch (error) {
      detail = { error };
    }
    if (controller.signal.aborted || this.#signal.aborted) return;
    this.#reading.delete(tag);
    this.#known.set(tag, detail);
    this.#changed(tag);
  }
}
