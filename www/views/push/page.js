// Pushing: what somebody drops or chooses, what it is, and where it goes.

import { h } from '../../dom.js';
import { plural } from '../../text/format.js';
import { NAME } from '../../text/references.js';
import { draftOf, dropDraft } from '../../model/activities/drafts.js';
import { survey } from '../../model/activities/survey.js';
import { emptyBox, part } from '../../ui/part.js';
import { nameInput, notOffered, pageHead, underWay } from '../forms.js';
import { dropZone } from './choose.js';
import { filesForm } from './files.js';
import { imagesForm } from './images.js';

export function pushView({ session, route, signal }) {
  const title = route.name ? `Push to ${route.name}` : 'Push';
  const head = pageHead(
    session,
    'Push',
    'Pushes archives of docker save, podman, skopeo and buildx, OCI image layouts, and files as an artifact. The bytes go from this page to the registry.',
    route.name,
  );
  const reason = notOffered(session);
  if (reason) return { element: h('div', { class: 'view' }, head, emptyBox(reason)), title };

  const content = h('div', { class: 'stack' });
  const page = `push ${route.name ?? ''}`;
  const draft = draftOf(session, page);
  const look = (chosen) => {
    Object.assign(draft, { chosen, fields: {}, isAsFiles: false });
    examine(chosen);
  };
  const examine = (chosen) =>
    content.replaceChildren(
      part({
        signal,
        lines: 4,
        label: `Looking into ${chosen.length === 1 ? chosen[0][0] : plural(chosen.length, 'file')}`,
        work: () => survey(session.client, chosen, signal),
        render: (found) => show(found, chosen),
      }),
    );
  const show = (found, chosen) => {
    const context = {
      session,
      signal,
      repositoryInput: () =>
        nameInput('push-repository', { pattern: NAME, placeholder: 'team/web', value: route.name ?? '' }),
      fields: draft.fields,
      started: () => {
        dropDraft(session, page);
        underWay(content, 'The push');
      },
    };
    if (found.kind === 'files') return filesForm({ ...context, files: found.files, why: found.why });
    const filesOf = () => filesForm({ ...context, files: chosen });
    const asFiles = () => {
      draft.isAsFiles = true;
      content.replaceChildren(filesOf());
    };
    if (draft.isAsFiles) return filesOf();
    return imagesForm({ ...context, found, asFiles: chosen.length === 1 ? asFiles : undefined });
  };
  if (draft.chosen) examine(draft.chosen);
  return { element: h('div', { class: 'view' }, head, dropZone({ look, signal }), content), title };
}
