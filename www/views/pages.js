// The pages beside home, tags and image; each is `{ session, route, signal }` to `{ element, title, update? }`.

import { lazyView } from './lazy.js';

/** By the name in the address (router.js, PAGES). */
export const pages = {
  compare: lazyView(
    () => import('./image/compare.js').then(({ compareView }) => compareView),
    () => 'Compare images',
  ),
};
