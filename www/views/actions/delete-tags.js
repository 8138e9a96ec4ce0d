// Deleting tags: which digests stay because other tags point to them, and which lose their last tag. Read now, not from a cache.

import { h } from '../../dom.js';
import { count, plural } from '../../text/format.js';
import { shortDigest } from '../../text/references.js';
import { deleteTags } from '../../model/activities/deletion.js';
import { isAnother, pointsTo } from '../../model/activities/observed.js';
import { dialogActions } from '../../ui/dialog.js';
import { part } from '../../ui/part.js';
import { choice } from '../forms.js';

/** So many other tags are read without asking, a request for each. */
const READ_AT_ONCE = 200;

export function deleteForm({ session, repository, tags, seen, close, signal }) {
  const { name } = repository;
  const figure = h('p', { class: 'muted small', role: 'status' });
  const read = async (isComplete) => {
    const wanted = new Set(tags);
    const others = (await repository.tags({ signal })).filter((tag) => !wanted.has(tag));
    const areRead = isComplete || others.length <= READ_AT_ONCE;
    const all = areRead ? [...tags, ...others] : tags;
    let done = 0;
    // A tag that cannot be read may be a sibling.
    let unknown = 0;
    const points = new Map(
      await Promise.all(
        all.map(async (tag) => {
          const digest = await pointsTo(session, name, tag, { signal }).catch((error) => {
            if (wanted.has(tag) || signal.aborted) throw error;
            unknown += 1;
          });
          done += 1;
          figure.textContent = `${count(done)} of ${plural(all.length, 'tag')} read`;
          return [tag, digest];
        }),
      ),
    );
    figure.textContent = '';
    return { points, unread: areRead ? unknown : others.length };
  };
  const element = h('div', {}, figure);
  const show = (isComplete) =>
    element.replaceChildren(
      figure,
      part({
        signal,
        lines: 4,
        label: 'Reading where the tags point',
        work: () => read(isComplete),
        render: (found) => form({ ...found, session, name, tags, seen, close, readAll: () => show(true) }),
      }),
    );
  show(false);
  return element;
}

function form({ points, unread, session, name, tags, seen, close, readAll }) {
  const chosen = new Set(tags.filter((tag) => points.get(tag) !== undefined));
  const gone = tags.filter((tag) => points.get(tag) === undefined);
  const moved = [...chosen].filter((tag) => isAnother(seen(tag), points.get(tag)));
  const digests = [...new Set([...chosen].map((tag) => points.get(tag)))];
  const siblings = (digest) =>
    [...points].filter(([tag, to]) => to === digest && !tags.includes(tag)).map(([tag]) => tag);
  const submit = h('button', { type: 'submit', class: 'danger' });
  const groups = h('div', { class: 'stack' });
  const outcome = h('p', { class: 'small', role: 'status' });
  const manifests = choice('Delete the manifests that lose their last tag, too. This cannot be undone.');
  manifests.element.hidden = true;

  const lost = () => digests.filter((digest) => ![...points].some(([tag, to]) => to === digest && !chosen.has(tag)));
  const update = () => {
    const losing = unread > 0 ? [] : lost();
    submit.textContent = `Delete ${plural(chosen.size, 'tag')}`;
    submit.disabled = chosen.size === 0;
    outcome.textContent = sentence(digests.length - losing.length, losing.length, unread, session);
    manifests.element.hidden = losing.length === 0 || session.version === 1;
  };
  for (const digest of digests) {
    const going = [...chosen].filter((tag) => points.get(tag) === digest);
    const others = siblings(digest);
    groups.append(
      h(
        'div',
        { class: 'deletion' },
        h('p', {}, h('code', {}, shortDigest(digest)), ' ', h('span', { class: 'muted' }, `loses ${going.join(', ')}`)),
        others.length > 0
          ? h(
              'fieldset',
              { class: 'siblings' },
              h('legend', {}, 'Other tags point to it and stay. Delete too:'),
              others.map(
                (tag) =>
                  choice(tag, {
                    onchange: (isChecked) => {
                      if (isChecked) chosen.add(tag);
                      else chosen.delete(tag);
                      update();
                    },
                  }).element,
              ),
            )
          : null,
      ),
    );
  }
  update();
  return h(
    'form',
    {
      class: 'dialog-form',
      onsubmit: (event) => {
        event.preventDefault();
        const targets = [...chosen].map((tag) => ({ tag, digest: points.get(tag) }));
        deleteTags({
          session,
          name,
          targets,
          manifests: manifests.input.checked && !manifests.element.hidden ? lost() : [],
        });
        close();
      },
    },
    gone.length > 0 ? h('p', { class: 'muted' }, `${gone.join(', ')}: gone already.`) : null,
    moved.length > 0 ? movedNotice(moved, seen) : null,
    groups,
    unread > 0
      ? h(
          'p',
          { class: 'notice warn' },
          h('span', {}, `Whether one of ${plural(unread, 'other tag')} points to the same was not read. `),
          h('button', { type: 'button', onclick: readAll }, `Read them (${plural(unread, 'request')})`),
        )
      : null,
    outcome,
    manifests.element,
    dialogActions(close, submit),
  );
}

/** The user decided by the digests on the page. */
const movedNotice = (moved, seen) =>
  h(
    'p',
    { class: 'notice warn' },
    h(
      'span',
      {},
      'Not what this page shows any more: ',
      moved.map((tag) => `${tag} pointed to ${shortDigest(seen(tag))}`).join(', '),
      '.',
    ),
  );

function sentence(staying, losing, unread, { version }) {
  if (version === 1) return 'The images stay. V1 deletes tags only.';
  if (unread > 0)
    return 'Only tags are deleted: every manifest stays, and the registry’s garbage collection removes those without a tag.';
  const parts = [
    staying > 0 && `${plural(staying, 'digest stays', 'digests stay')} tagged.`,
    losing > 0 &&
      `${plural(losing, 'digest loses its', 'digests lose their')} last tag: the deletion can be undone until the registry removes what has no tag.`,
  ];
  return parts.filter(Boolean).join(' ');
}
