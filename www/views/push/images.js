// The images of an archive: what they are, where they would go, and what is there already.

import { h } from '../../dom.js';
import { bytes, mediaTypeName, platformName, plural } from '../../text/format.js';
import { shortDigest, TAG } from '../../text/references.js';
import { explain } from '../../errors.js';
import { keepFields } from '../../model/activities/drafts.js';
import { readTarget, startLoad } from '../../model/activities/pushing.js';
import { part } from '../../ui/part.js';
import { facts } from '../common.js';
import { choice, field, nameInput } from '../forms.js';

/** `found`: what the survey has found. `fields`: as `keepFields()` keeps them. `asFiles()`: shows the form for an artifact instead. */
export function imagesForm({ session, signal, repositoryInput, fields, found, asFiles, started }) {
  const { source } = found;
  const { images } = found;
  const repository = repositoryInput();
  const tag = nameInput('push-tag', { pattern: TAG, placeholder: 'latest' });
  const target = h('div', { 'aria-live': 'polite' });
  const submit = h('button', { type: 'submit', class: 'primary' }, 'Look at the target');
  let chosen;
  /** The address or the person says where to; otherwise each image goes where its name says. */
  let isGiven = repository.value !== '';
  repository.addEventListener('input', () => {
    isGiven = repository.value !== '';
  });
  const choose = (image) => {
    chosen = image;
    submit.disabled = !canPush(image);
    const [name, named] = nameOf(image.names[0]);
    if (!isGiven) repository.value = name ?? '';
    tag.value = named ?? 'latest';
    outdated();
  };
  let reading;
  const outdated = () => {
    reading?.abort();
    target.replaceChildren();
  };
  const check = () => {
    reading?.abort();
    reading = new AbortController();
    const ending = AbortSignal.any([signal, reading.signal]);
    const [name, to, image] = [repository.value.trim(), tag.value.trim(), chosen];
    target.replaceChildren(
      part({
        signal: ending,
        lines: 2,
        label: 'Reading the target',
        work: () => readTarget(session, name, to, sizesOf(image), { signal: ending }),
        render: ({ before, present }) =>
          confirmation({
            image,
            tag: to,
            before,
            present,
            push: () => {
              const reference = images.length > 1 ? image.reference : undefined;
              startLoad({
                session,
                source,
                reference,
                platform: image.platform,
                name,
                tag: to,
                before,
                expected: image.digest,
                size: image.size,
              });
              started();
            },
          }),
      }),
    );
  };
  choose(images.find(({ error }) => !error) ?? images.find(canPush) ?? images[0]);
  const form = h(
    'form',
    {
      class: 'block',
      oninput: ({ target: changed }) => changed.type !== 'radio' && outdated(),
      onsubmit: (event) => {
        event.preventDefault();
        check();
      },
    },
    h('h2', {}, plural(images.length, 'image')),
    imageList(images, chosen, choose),
    h('div', { class: 'form-grid' }, field('To the repository', repository), field('Tag', tag)),
    h(
      'div',
      { class: 'actions' },
      submit,
      asFiles ? h('button', { type: 'button', class: 'quiet', onclick: asFiles }, 'Push it as a file instead') : null,
    ),
  );
  keepFields(form, fields);
  return h('div', { class: 'stack' }, form, target);
}

/** "registry.example.com/team/web:1.0", or a tag alone, as archives have them. */
function nameOf(name) {
  if (!name) return [];
  const at = name.lastIndexOf(':');
  const hasTag = at > name.lastIndexOf('/');
  if (!hasTag && !name.includes('/')) return [undefined, name];
  const path = hasTag ? name.slice(0, at) : name;
  const [host, ...rest] = path.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(host) || host === 'localhost');
  return [isHost ? rest.join('/') : path, hasTag ? name.slice(at + 1) : undefined];
}

function imageList(images, chosen, choose) {
  return h(
    'ul',
    { class: 'push-images' },
    images.map((image, at) => {
      const title = image.names.join(', ') || (image.digest ? shortDigest(image.digest) : 'An image without a name');
      return h(
        'li',
        {},
        images.length > 1
          ? h(
              'label',
              { class: 'choice' },
              h('input', {
                type: 'radio',
                id: `push-image-${at}`,
                name: 'push-image',
                checked: image === chosen,
                onchange: () => choose(image),
              }),
              h('strong', {}, title),
            )
          : h('strong', {}, title),
        image.error
          ? (partOf(image, at) ??
              h('span', { class: 'bad small' }, `This image cannot be pushed: ${explain(image.error).message}`))
          : h('span', { class: 'muted small' }, extentOf(image)),
      );
    }),
  );
}

/** The platforms whose images an archive has, if it lacks others of the same index. */
const available = ({ error }) => error?.details.available ?? [];
const canPush = (image) => image.error === undefined || available(image).length > 0;

/** As `docker save` writes an image of several platforms: of one of them. The index cannot be pushed then, that image can. */
function partOf(image, at) {
  const there = [...new Set(available(image))];
  if (there.length === 0) return undefined;
  const select = h(
    'select',
    {
      id: `push-platform-${at}`,
      onchange: () => {
        image.platform = select.value;
      },
    },
    there.map((one) => h('option', { value: one }, one)),
  );
  image.platform = there[0];
  return h(
    'span',
    { class: 'push-part small' },
    h('span', {}, 'The archive does not have the images of all platforms. Only this one is pushed: '),
    h('label', { class: 'switch' }, h('span', { class: 'visually-hidden' }, 'Platform'), select),
  );
}

const sizesOf = ({ blobs = [] }) => new Map(blobs.map(({ digest, size }) => [digest, size]));

const extentOf = ({ mediaType, platforms, size, blobs, digest, names }) =>
  [
    mediaTypeName(mediaType),
    platforms.map(platformName).join(', '),
    `${bytes(size)} in ${plural(blobs.length, 'blob')}`,
    names.length > 0 && shortDigest(digest),
  ]
    .filter(Boolean)
    .join(' · ');

function confirmation({ image, tag, before, present, push }) {
  const isSame = image.digest !== undefined && before === image.digest;
  const isMove = before !== undefined && !isSame;
  const submit = h('button', { type: 'submit', class: 'primary', disabled: isMove }, 'Push');
  const move = choice(`Move ${tag}, which points elsewhere`, {
    onchange: (isChecked) => {
      submit.disabled = !isChecked;
    },
  });
  return h(
    'form',
    {
      class: 'block',
      onsubmit: (event) => {
        event.preventDefault();
        if (!submit.disabled) push();
      },
    },
    h('h2', {}, 'At the target'),
    facts([
      [
        'Tag',
        before === undefined
          ? `${tag} is new`
          : isSame
            ? `${tag} points to this image already`
            : [`${tag} points to `, h('code', { title: before }, shortDigest(before)), ' now'],
      ],
      [
        'There already',
        present
          ? `${present.count} of ${plural(present.total, 'blob')}${present.missing > 0 ? `; ${bytes(present.missing)} to send` : ''}`
          : 'not known; what is there is not sent again',
      ],
    ]),
    isMove ? move.element : null,
    h('div', { class: 'actions' }, submit),
  );
}
