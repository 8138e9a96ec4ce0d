// Deleting a manifest by its digest, and what stands against it.

import { h } from '../../dom.js';
import { shortDigest } from '../../text/references.js';
import { plural } from '../../text/format.js';
import { deleteManifest, deleteTags } from '../../model/activities/deletion.js';
import { dialogActions } from '../../ui/dialog.js';
import { part } from '../../ui/part.js';

export function deleteManifestForm({ session, repository, digest, close, signal }) {
  const { name } = repository;
  return part({
    signal,
    lines: 4,
    label: 'Reading what depends on the manifest',
    work: () => repository.planDelete(digest, { signal }),
    render: ({ tags, parents, referrers, unread }) => {
      const against = [
        ...parents.map((parent) => `${shortDigest(parent)} lists it`),
        ...referrers.map((one) => `${shortDigest(one.digest)} refers to it`),
        ...unread.map((one) => `${one.name} cannot be read, and may need it: ${one.reason}`),
      ];
      if (against.length > 0) return refusal(against, close);
      return h(
        'form',
        {
          class: 'dialog-form',
          onsubmit: (event) => {
            event.preventDefault();
            if (tags.length === 0) deleteManifest({ session, name, digest });
            else deleteTags({ session, name, targets: tags.map((tag) => ({ tag, digest })), manifests: [digest] });
            close();
          },
        },
        h(
          'p',
          {},
          tags.length === 0
            ? 'Nothing depends on this manifest. '
            : `${plural(tags.length, 'tag')} of it go, too: ${tags.join(', ')}. `,
          'This cannot be undone.',
        ),
        dialogActions(close, h('button', { type: 'submit', class: 'danger' }, 'Delete the manifest')),
      );
    },
  });
}

const refusal = (against, close) =>
  h(
    'div',
    { class: 'dialog-form' },
    h('p', {}, h('strong', {}, 'It is in use, and is not deleted.')),
    h(
      'ul',
      { class: 'tray-lines' },
      against.map((line) => h('li', {}, line)),
    ),
    h('div', { class: 'actions dialog-actions' }, h('button', { type: 'button', onclick: close }, 'Close')),
  );
