// Helpers that several views share.

import { h, icon } from '../dom.js';
import { namespaceOf } from '../text/format.js';
import { homeHref, namespaceHref, repositoryHref } from '../router.js';

/** Breadcrumb: registry / namespace / repository. */
export function crumbs(session, name, { below = false } = {}) {
  const namespace = namespaceOf(name);
  const separator = () => h('span', { 'aria-hidden': 'true' }, '/');
  return h(
    'nav',
    { class: 'crumbs', 'aria-label': 'Breadcrumb' },
    h('a', { href: homeHref() }, session.host),
    separator(),
    h('a', { href: namespaceHref(namespace) }, namespace),
    below ? [separator(), h('a', { href: repositoryHref(name) }, name.slice(name.indexOf('/') + 1))] : null,
  );
}

/** About how many requests a view makes for details before it asks. */
export const BUDGET = 400;

/** Details are read by default for a registry on this machine only; others may have a rate limit. */
export const isLocal = ({ host }) => /^(localhost|127\.|\[::1\])/.test(host);

/** Without it, 20 seconds of empty cells have no explanation. */
export function limitNotice(session, signal) {
  const notice = h('p', { class: 'limit', role: 'status' });
  const show = () => {
    notice.textContent = session.isLimited
      ? 'The registry limits the number of requests. Sizes and dates continue as soon as it allows more.'
      : '';
  };
  session.addEventListener('limit', show, { signal });
  show();
  return notice;
}

/** Why a detail is missing, in a few words. */
export const whyNot = ({ code }) => REASONS[code] ?? `cannot be read (${code})`;
/** The same for a tag. If the request that failed was for a digest, the tag's index names a manifest that is not there. */
export const whyNotTag = (error) =>
  error.status === 404 && /\/manifests\/sha\d+(:|%3A)/.test(error.url) ? 'is an incomplete index' : whyNot(error);
const REASONS = {
  MANIFEST_UNKNOWN: 'has no manifest',
  NOT_FOUND: 'has no manifest',
  DIGEST_MISMATCH: 'does not match its digest',
  UNAUTHORIZED: 'needs a login',
  AUTH_REQUIRED: 'needs a login',
  DENIED: 'is not permitted',
};

const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** A button that reads a listing again, and when it was read. `update(listing)`: after each change. */
export function refreshing(press) {
  const asOf = h('span', { class: 'as-of muted small' });
  const button = h('button', { type: 'button', class: 'quiet', onclick: press }, icon('refresh'), 'Refresh');
  const update = (listing) => {
    button.disabled = listing.state === 'loading';
    asOf.textContent = listing.asOf ? `as of ${time.format(listing.asOf)}` : '';
  };
  return { element: h('div', { class: 'refreshing' }, asOf, button), update, press };
}

/** A description list of `[term, content]`; lines without content are left out. */
export function facts(lines) {
  const present = lines.filter(([, content]) => content !== undefined && content !== null && content !== '');
  return h(
    'dl',
    { class: 'facts' },
    present.map(([term, content]) => h('div', {}, h('dt', {}, term), h('dd', {}, content))),
  );
}

export const block = (title, ...content) => h('section', { class: 'block' }, h('h3', {}, title), content);

/** A table; narrow screens show each row as a card with the column names. */
export function table(caption, columns, rows) {
  return h(
    'div',
    { class: 'table-frame' },
    h(
      'table',
      { class: columns.length === 2 ? 'pairs' : undefined },
      h('caption', { class: 'visually-hidden' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((column) => h('th', { scope: 'col' }, column)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((cells) =>
          h(
            'tr',
            {},
            cells.map((cell, at) => h('td', { 'data-column': columns[at] }, cell)),
          ),
        ),
      ),
    ),
  );
}
