// A further name for an image. Where the name is taken, the dialog says what it points to now, and asks.

import { h } from '../../dom.js';
import { digestHref } from '../../router.js';
import { shortDigest, TAG } from '../../text/references.js';
import { pointsTo } from '../../model/observed.js';
import { retag } from '../../model/retag.js';
import { dialogActions } from '../../ui/dialog.js';
import { errorBox, skeleton } from '../../ui/part.js';
import { choice, field, nameInput } from '../forms.js';

/** `tags`: the one to begin from, or none for `digest`. */
export function retagForm({ session, repository, tags: [tag], digest, close, signal }) {
  const { name } = repository;
  const input = nameInput('new-tag', { pattern: TAG, maxlength: 128, autofocus: true });
  const outcome = h('div', { 'class': 'stack', 'aria-live': 'polite' });
  const submit = h('button', { type: 'submit', class: 'primary' }, 'Tag');
  /** What the last look has shown, for the name that it was about. */
  let seen;

  const look = async () => {
    const to = input.value.trim();
    const [from, before] = await Promise.all([
      digest ?? pointsTo(session, name, tag, { signal }),
      pointsTo(session, name, to, { signal }),
    ]);
    return { to, from, before };
  };
  const start = () => {
    retag({ session, name, digest: seen.from, to: seen.to, before: seen.before });
    close();
  };
  const form = h(
    'form',
    {
      class: 'dialog-form',
      onsubmit: async (event) => {
        event.preventDefault();
        if (seen?.before !== undefined) return start();
        submit.disabled = true;
        outcome.replaceChildren(skeleton(1, 'Reading where the tags point'));
        try {
          const found = await look();
          if (signal.aborted || found.to !== input.value.trim()) return undefined;
          decide(found);
          submit.disabled = seen !== undefined;
        } catch (error) {
          if (signal.aborted) return undefined;
          outcome.replaceChildren(errorBox(error, { doctor: undefined }));
          submit.disabled = false;
        }
        return undefined;
      },
    },
    field(`New name in ${name}`, input),
    outcome,
    dialogActions(close, submit),
  );
  input.addEventListener('input', () => {
    seen = undefined;
    submit.textContent = 'Tag';
    submit.disabled = false;
    outcome.replaceChildren();
  });

  function decide(found) {
    const { to, from, before } = found;
    if (from === undefined) return say(`${tag} is gone: it points to nothing any more.`);
    if (before === from) return say(`${to} points to this image already.`);
    seen = found;
    if (before === undefined) return start();
    submit.textContent = `Move ${to}`;
    // A key that is held down, or pressed twice, is no consent.
    const move = choice(`Move ${to}, which points elsewhere`, {
      onchange: (isChecked) => {
        submit.disabled = !isChecked;
      },
    });
    outcome.replaceChildren(
      h(
        'p',
        { class: 'notice warn' },
        h(
          'span',
          {},
          h('strong', {}, to),
          ' points to ',
          session.version === 1 ? h('code', {}, shortDigest(before)) : link(name, before),
          ' now. It would point to ',
          h('code', {}, shortDigest(from)),
          '. If somebody moves it before, nothing changes.',
        ),
      ),
      move.element,
    );
    return undefined;
  }
  const say = (text) => outcome.replaceChildren(h('p', { class: 'muted' }, text));
  return form;
}

const link = (name, digest) => h('a', { href: digestHref(name, digest) }, h('code', {}, shortDigest(digest)));
