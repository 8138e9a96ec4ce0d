// Files as an artifact: their names and types, and what the artifact is.

import { h } from '../../dom.js';
import { bytes, plural } from '../../text/format.js';
import { shortDigest, TAG } from '../../text/references.js';
import { keepFields } from '../../model/activities/drafts.js';
import { readTarget, startArtifact } from '../../model/activities/pushing.js';
import { part } from '../../ui/part.js';
import { choice, field, nameInput } from '../forms.js';

/** As oras names what nobody has named. */
const UNKNOWN = 'application/vnd.unknown.artifact.v1';
const MEDIA_TYPE = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+\\-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+\\-]*';
const MOST_SHOWN = 500;

export function filesForm({ session, signal, repositoryInput, fields, files, why, started }) {
  const repository = repositoryInput();
  const tag = nameInput('push-tag', { pattern: TAG, required: false, placeholder: 'latest' });
  const type = nameInput('push-type', { pattern: MEDIA_TYPE, value: UNKNOWN });
  const subject = nameInput('push-subject', { required: false, placeholder: '1.0 or sha256:…' });
  const target = h('div', { 'aria-live': 'polite' });
  const lines = files.map(([path, file]) => ({ title: path, data: file, mediaType: file.type || typeOf(path) }));
  if (lines.length > MOST_SHOWN)
    return h(
      'p',
      { class: 'muted' },
      `${plural(lines.length, 'file')} are too many for one artifact here: choose up to ${MOST_SHOWN}.`,
    );

  let reading;
  const outdated = () => {
    reading?.abort();
    target.replaceChildren();
  };
  const push = (name, to, before) => {
    startArtifact({
      session,
      name,
      tag: to || undefined,
      before,
      artifactType: type.value.trim(),
      files: lines,
      subject: subject.value.trim() || undefined,
    });
    started();
  };
  const check = () => {
    const [name, to] = [repository.value.trim(), tag.value.trim()];
    if (!to) return push(name, to);
    reading?.abort();
    reading = new AbortController();
    const ending = AbortSignal.any([signal, reading.signal]);
    return target.replaceChildren(
      part({
        signal: ending,
        lines: 2,
        label: 'Reading the target',
        work: () => readTarget(session, name, to, new Map(), { signal: ending }),
        render: ({ before }) => {
          if (before !== undefined) return confirmation(to, before, () => push(name, to, before));
          push(name, to);
          return [];
        },
      }),
    );
  };
  const total = lines.reduce((sum, { data }) => sum + data.size, 0);
  const form = h(
    'form',
    {
      class: 'block',
      oninput: outdated,
      onsubmit: (event) => {
        event.preventDefault();
        check();
      },
    },
    h('h2', {}, `${plural(lines.length, 'file')}, ${bytes(total)}`),
    why ? h('p', {}, `This is pushed as a file, because it is no archive of images: ${why}`) : null,
    h(
      'ul',
      { class: 'push-files' },
      lines.map((line, at) =>
        h(
          'li',
          {},
          h(
            'span',
            { class: 'push-file' },
            h('strong', {}, line.title),
            ' ',
            h('span', { class: 'muted small' }, bytes(line.data.size)),
          ),
          h('input', {
            'aria-label': `Media type of ${line.title}`,
            id: `push-type-${at}`,
            value: line.mediaType,
            pattern: MEDIA_TYPE,
            required: true,
            spellcheck: 'false',
            autocapitalize: 'none',
            oninput: ({ target: { value } }) => {
              line.mediaType = value.trim();
            },
          }),
        ),
      ),
    ),
    h('div', { class: 'form-grid' }, field('To the repository', repository), field('Tag', tag, { note: 'optional' })),
    h(
      'div',
      { class: 'form-grid' },
      field('Artifact type', type),
      field('Refers to', subject, { note: 'optional', hint: 'A tag or digest of the same repository' }),
    ),
    h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'primary' }, 'Push the files')),
  );
  keepFields(form, fields);
  return h('div', { class: 'stack' }, form, target);
}

const TYPES = {
  json: 'application/json',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  md: 'text/markdown',
  tar: 'application/x-tar',
  tgz: 'application/gzip',
  gz: 'application/gzip',
  wasm: 'application/wasm',
};
/** Browsers know some types and leave others out. */
const typeOf = (path) => TYPES[path.split('.').pop().toLowerCase()] ?? 'application/octet-stream';

function confirmation(tag, before, push) {
  const submit = h('button', { type: 'submit', class: 'primary', disabled: true }, 'Push');
  return h(
    'form',
    {
      class: 'block',
      onsubmit: (event) => {
        event.preventDefault();
        if (!submit.disabled) push();
      },
    },
    h('p', {}, h('strong', {}, tag), ' points to ', h('code', { title: before }, shortDigest(before)), ' now.'),
    choice(`Move ${tag}`, {
      onchange: (isChecked) => {
        submit.disabled = !isChecked;
      },
    }).element,
    h('div', { class: 'actions' }, submit),
  );
}
