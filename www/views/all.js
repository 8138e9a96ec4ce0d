// The view of each route. Home is part of the first script; the others load beside the page's module where the address wants one of
// them, and otherwise once the first view is there.

import { homeView } from './home.js';
import { lazyView } from './lazy.js';
import { pages } from './pages.js';

const views = { home: homeView, ...pages };
const others = {
  tags: async () => (await import('./tags.js')).tagsView,
  tag: async () => (await import('./tag.js')).tagView,
};

/** Loads the script of a view. */
export async function loadView(name) {
  views[name] ??= await others[name]?.();
  return views[name];
}

/** Loads all that somebody may open next. What fails now is loaded when it is opened. */
export function loadOthers() {
  for (const name of Object.keys(others)) loadView(name).catch(() => {});
}

export const viewOf = (name) =>
  views[name] ??
  lazyView(
    () => loadView(name),
    ({ name: title }) => title,
  );
