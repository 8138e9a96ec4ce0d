// Copying images to another repository or registry: the form, what would be copied, and the start of it.

import { h } from '../../dom.js';
import { isUnexplained } from '../../errors.js';
import { pageHref } from '../../router.js';
import { commandLine } from '../../text/shell.js';
import { imagesText, NAME, parseImages, TAG } from '../../text/references.js';
import { readSource, readTarget } from '../../model/activities/copying.js';
import { command } from '../../ui/copy.js';
import { emptyBox, errorBox, part } from '../../ui/part.js';
import { choice, field, nameInput, notOffered, pageHead, underWay } from '../forms.js';
import { dropDraft, draftOf, keepFields } from '../../model/activities/drafts.js';
import { planView } from './plan.js';
import { targetRegistry } from './registry.js';

const SOURCE = `${NAME}(?::${TAG}(?:,${TAG})*|@[a-z0-9]+:[0-9a-f]+)?`;

export function copyView({ session, sessionFor, route, signal }) {
  const reason = notOffered(session);
  const head = pageHead(
    session,
    'Copy',
    'Copies images with all their platforms, byte for byte. What the target has is not sent again, so that a copy that broke off continues where it was.',
  );
  if (reason) return { element: h('div', { class: 'view' }, head, emptyBox(reason)), title: 'Copy' };

  const source = nameInput('copy-source', {
    value: route.query?.from ?? '',
    pattern: SOURCE,
    placeholder: 'team/web:1.0',
  });
  const target = nameInput('copy-target', { pattern: NAME, placeholder: 'team/web' });
  const tag = nameInput('copy-tag', { pattern: TAG, placeholder: '1.0' });
  const tagField = field('Tag', tag);
  const registry = targetRegistry({ session, sessionFor });
  const referrers = choice('With signatures, SBOMs and other referrers');
  const plan = h('div', { class: 'stack' });

  /** What somebody has typed stays, whatever the source is then. */
  const typed = new Set();
  for (const input of [target, tag])
    input.addEventListener('input', () => {
      if (input.value === '') typed.delete(input);
      else typed.add(input);
    });
  const adapt = () => {
    const { name, tags, digest } = parseImages(source.value.trim());
    const isOne = digest !== undefined || tags.length === 1;
    tagField.hidden = !isOne;
    tag.required = isOne;
    if (!typed.has(target)) target.value = name ?? '';
    if (isOne && !typed.has(tag)) tag.value = tags?.[0] ?? '';
  };
  source.addEventListener('change', adapt);
  if (source.value) adapt();

  let reading;
  const outdated = () => {
    reading?.abort();
    plan.replaceChildren();
  };
  const check = () => {
    reading?.abort();
    reading = new AbortController();
    const ending = AbortSignal.any([signal, reading.signal]);
    const images = parseImages(source.value.trim());
    const name = target.value.trim();
    plan.replaceChildren(
      part({
        signal: ending,
        lines: 5,
        label: 'Reading source and target',
        work: async () => {
          const read = await readSource(session, images, { signal: ending });
          const items = read.map(({ reference, extent }) => ({
            tag: read.length === 1 ? tag.value.trim() : reference,
            extent,
          }));
          return look({ registry, name, items, signal: ending });
        },
        render: ({ refused, isBlocked, ...found }) =>
          refused
            ? refusal({
                refused,
                isBlocked,
                registry,
                images,
                name,
                tag: tag.value.trim(),
                host: session.host,
                retry: check,
              })
            : found.to.version === 1
              ? emptyBox(`${found.to.host} speaks V1, which takes no copies`)
              : planView({
                  ...found,
                  from: session,
                  source: images.name,
                  target: name,
                  referrers: referrers.input.checked,
                  started,
                }),
      }),
    );
  };
  const page = `copy ${source.value}`;
  const started = () => {
    outdated();
    dropDraft(session, page);
    underWay(plan, 'The copy');
  };
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
    h(
      'div',
      { class: 'pair' },
      h(
        'fieldset',
        {},
        h('legend', {}, 'From'),
        field('Image', source, { hint: 'repository:tag, several tags with commas, or repository@digest' }),
        referrers.element,
      ),
      h(
        'fieldset',
        {},
        h('legend', {}, 'To'),
        registry.element,
        h('div', { class: 'form-grid' }, field('Repository', target), tagField),
      ),
    ),
    h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'primary' }, 'Look at both')),
  );
  keepFields(form, draftOf(session, page));
  return {
    element: h('div', { class: 'view' }, head, form, plan),
    title: 'Copy',
    update: ({ query }) => (query?.from ?? '') === (route.query?.from ?? ''),
  };
}

/** Another registry fails for reasons of its own, which a sign-in to the one that is open does not change. */
async function look({ registry, name, items, signal }) {
  let isBlocked = false;
  document.addEventListener('securitypolicyviolation', () => (isBlocked = true), { signal });
  try {
    const to = await registry.open(signal);
    if (to.version === 1) return { to };
    const { present, before } = await readTarget(to, name, items, { signal });
    return { to, present, items: items.map((item, at) => ({ ...item, before: before[at] })) };
  } catch (error) {
    if (registry.other === undefined) throw error;
    // The browser tells of what its policy blocks a moment later.
    if (isUnexplained(error)) await new Promise((resolve) => setTimeout(resolve, 100));
    return { refused: error, isBlocked };
  }
}

function refusal({ refused, isBlocked, registry, images, name, tag, host, retry }) {
  const { other, hasCredentials } = registry;
  if (!isBlocked)
    return errorBox(refused, {
      signIn: false,
      hasCredentials,
      retry,
      doctor: pageHref('doctor', undefined, { registry: other }),
    });
  return [
    h(
      'p',
      {},
      'This page may talk to the registry that it was opened for, and to no other. The command line copies between any two:',
    ),
    command(
      commandLine(
        'npx',
        'docker-registry-client-wasm',
        'copy',
        `${host}/${imagesText(images)}`,
        `${other}/${name}:${tag}`,
      ),
      'copy command',
    ),
  ];
}
