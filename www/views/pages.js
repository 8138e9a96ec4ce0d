// The pages beside home, tags and image; each is `{ session, sessionFor, route, signal }` to `{ element, title, update? }`.

import { lazyView } from './lazy.js';

/** By the name in the address (router.js, PAGES). */
export const pages = {
  compare: lazyView(
    () => import('./image/compare/compare.js').then(({ compareView }) => compareView),
    () => 'Compare images',
  ),
  cleanup: lazyView(
    () => import('./cleanup/page.js').then((module) => module.cleanupView),
    ({ name }) => (name ? `Clean up ${name}` : 'Clean up'),
  ),
  copy: lazyView(
    () => import('./copy/page.js').then((module) => module.copyView),
    () => 'Copy',
  ),
  doctor: lazyView(
    () => import('./doctor-page.js').then((module) => module.doctorView),
    () => 'Doctor',
  ),
  push: lazyView(
    () => import('./push/page.js').then((module) => module.pushView),
    ({ name }) => (name ? `Push to ${name}` : 'Push'),
  ),
};
