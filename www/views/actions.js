// What can be done with tags and manifests. The scripts of the dialogs load when they open.

import { h, icon } from '../dom.js';
import { pageHref } from '../router.js';
import { imagesText, shortDigest } from '../text/references.js';
import { plural } from '../text/format.js';
import { openLazily } from '../ui/dialog.js';

const copy = ({ repository, tags, digest }) => {
  location.hash = pageHref('copy', undefined, { from: imagesText({ name: repository.name, tags, digest }) });
};
const lazily = (title, load, open) => (context) =>
  openLazily(title(context), async () => {
    const make = open(await load());
    return (dialog) => make({ ...context, ...dialog });
  });
const retag = lazily(
  ({ tags: [tag], digest }) => `Tag ${tag ?? shortDigest(digest)} as…`,
  () => import('./actions/retag.js'),
  (module) => module.retagForm,
);
const deletion = lazily(
  ({ tags }) => `Delete ${tags.length === 1 ? tags[0] : plural(tags.length, 'tag')}`,
  () => import('./actions/delete-tags.js'),
  (module) => module.deleteForm,
);
const manifestDeletion = lazily(
  ({ digest }) => `Delete ${shortDigest(digest)}`,
  () => import('./actions/delete-manifest.js'),
  (module) => module.deleteManifestForm,
);

const always = () => true;
const withDigests = ({ version }) => version !== 1;

/**
 * Actions on tags of a repository. `needs`: "one" tag or "some". `isOffered(session)`: whether the registry's protocol has it. `open({
 * session, repository, tags, seen })`: asks and does it; `seen(tag)`: the digest that the page shows for it, if it does.
 */
export const tagActions = [
  { id: 'copy', caption: 'Copy to…', needs: 'some', isOffered: withDigests, open: copy },
  { id: 'retag', caption: 'Retag…', needs: 'one', isOffered: always, open: retag },
  { id: 'delete', caption: 'Delete…', needs: 'some', isOffered: always, open: deletion },
];

const manifestActions = [
  { id: 'copy', caption: 'Copy to…', isOffered: withDigests, open: copy },
  { id: 'retag', caption: 'Tag…', isOffered: withDigests, open: retag },
  { id: 'delete', caption: 'Delete the manifest…', isOffered: withDigests, open: manifestDeletion },
];

/** A menu of what can be done with the tag or digest of a page; nothing where nothing may be changed. */
export function actionsMenu({ session, repository, route, seen, signal }) {
  const actions = (route.tag === undefined ? manifestActions : tagActions).filter(({ isOffered }) =>
    isOffered(session),
  );
  if (session.isReadOnly || actions.length === 0) return null;
  const subject = { session, repository, tags: route.tag === undefined ? [] : [route.tag], digest: route.digest, seen };
  const summary = h('summary', { class: 'button' }, 'Actions', icon('chevron'));
  const menu = h(
    'details',
    { class: 'menu' },
    summary,
    h(
      'div',
      { class: 'menu-items' },
      actions.map(({ caption, open }) =>
        h(
          'button',
          {
            type: 'button',
            onclick: () => {
              menu.open = false;
              // The dialog gives the focus back to what had it.
              summary.focus();
              open(subject);
            },
          },
          caption,
        ),
      ),
    ),
  );
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    summary.focus();
  });
  document.addEventListener(
    'click',
    ({ target }) => {
      if (!menu.contains(target)) menu.open = false;
    },
    { signal },
  );
  return menu;
}

/** Links to what can be done with a whole repository. */
export function repositoryLinks(session, name) {
  if (session.isReadOnly || session.version === 1) return null;
  return [
    h('a', { class: 'button quiet', href: pageHref('push', name) }, icon('upload'), 'Push'),
    h('a', { class: 'button quiet', href: pageHref('cleanup', name) }, icon('trash'), 'Clean up'),
  ];
}
