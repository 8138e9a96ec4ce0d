// The pages beside home, tags and image; each is `{ session, route, signal }` to `{ element, title, update? }`.

/** By the name in the address (router.js, PAGES). */
export const pages = {};
