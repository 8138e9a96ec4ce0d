// A further name for an image. Where the name is taken, the dialog says what it points to now, and asks.

import { h } from '../../dom.js';
import { digestHref } from '../../router.js';
import { shortDigest, TAG } from '../../text/references.js';
import { isAnother, pointsTo } from '../../model/activities/observed.js';
import { retag } from '../../model/activities/retag.js';
import { dialogActions } from '../../ui/dialog.js';
import { errorBox, skeleton } from '../../ui/part.js';
import { choice, field, nameInput } from '../forms.js';

/** `tags`: the one to begin from, or none for `digest`. */
export function retagForm({ session, repository, tags: [tag], digest, seen, close, signal }) {
  const { name } = repository;
  const input = nameInput('new-tag', { pattern: TAG, maxlength: 128, autofocus: true });
  const outcome = h('div', { 'class': 'stack', 'aria-live': 'polite' });
  const submit = h('button', { type: 'submit', class: 'primary' }, 'Tag');
  /** What the last look has found for the name that is typed; undefined before. */
  let found;

  const look = async () => {
    const to = input.value.trim();
    const [from, before] = await Promise.all([
      digest ?? pointsTo(session, name, tag, { signal }),
      pointsTo(session, name, to, { signal }),
    ]);
    return { to, from, before };
  };
  const start = () => {
    retag({ session, name, digest: found.from, to: found.to, before: found.before });
    close();
  };
  const form = h(
    'form',
    {
      class: 'dialog-form',
      onsubmit: async (event) => {
        event.preventDefault();
        if (found) return start();
        submit.disabled = true;
        outcome.replaceChildren(skeleton(1, 'Reading where the tags point'));
        try {
          const looked = await look();
          if (signal.aborted || looked.to !== input.value.trim()) return undefined;
          decide(looked);
          submit.disabled = found !== undefined;
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
    found = undefined;
    submit.textContent = 'Tag';
    submit.disabled = false;
    outcome.replaceChildren();
  });

  function decide(looked) {
    const { to, from, before } = looked;
    if (from === undefined) return say(`${tag} is gone: it points to nothing any more.`);
    if (before === from) return say(`${to} points to this image already.`);
    const shown = digest === undefined ? seen(tag) : undefined;
    const isMoved = isAnother(shown, from);
    found = looked;
    if (before === undefined && !isMoved) return start();
    submit.textContent = before === undefined ? 'Tag' : `Move ${to}`;
    // A key that is held down, or pressed twice, is no consent.
    const agreed = choice(before === undefined ? 'Tag it all the same' : `Move ${to}, which points elsewhere`, {
      onchange: (isChecked) => {
        submit.disabled = !isChecked;
      },
    });
    outcome.replaceChildren(
      ...[
        isMoved && warning(`${tag} is not what this page shows any more, which is `, code(shown), '. '),
        before === undefined
          ? warning(`${to} would point to `, code(from), '.')
          : warning(
              h('strong', {}, to),
              ' points to ',
              session.version === 1 ? code(before) : link(name, before),
              ' now. It would point to ',
              code(from),
              '. If somebody moves it before, nothing changes.',
            ),
        agreed.element,
      ].filter(Boolean),
    );
    return undefined;
  }
  const say = (text) => outcome.replaceChildren(h('p', { class: 'muted' }, text));
  return form;
}

const code = (digest) => h('code', {}, shortDigest(digest));
const link = (name, digest) => h('a', { href: digestHref(name, digest) }, code(digest));
const warning = (...content) => h('p', { class: 'notice warn' }, h('span', {}, content));
