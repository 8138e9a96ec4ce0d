// The palette: one field that leads to any repository, tag, digest and command. A native dialog with a combobox in it.

import { announce, h, icon } from '../dom.js';
import { APPEARANCE, appearance, choose, hasShortcuts, recentRegistries, remember } from '../model/preferences.js';
import { suggestions } from '../model/lists/palette.js';
import { homeHref, pageHref } from '../router.js';
import { plural } from '../text/format.js';
import { SHORTCUTS } from '../ui/shortcuts.js';
import { pages } from './pages.js';

const ICONS = { repository: 'box', tag: 'tag', digest: 'hash', command: 'chevron' };

/**
 * Opens it with what was asked: `{ text, isEntered }`. `view`: what is shown, with `refresh()` where that can be read again; `again()`: opens the view anew.
 */
export function palette({ asked, session, view, route, connection, config, again }) {
  const current = ['tags', 'tag'].includes(route.view) ? route.name : undefined;
  const context = {
    names: session?.catalogNames ?? [],
    current: session && current,
    tags: session?.knownTags(current) ?? [],
    commands: commandsFor({ session, view, current, connection, config, again }),
    host: session?.host,
  };
  const list = h('ul', { id: 'palette-list', role: 'listbox', 'aria-label': 'Suggestions' });
  const help = h(
    'dl',
    { class: 'shortcuts', hidden: true },
    SHORTCUTS.map(([keys, what]) => h('div', {}, h('dt', {}, h('kbd', {}, keys)), h('dd', {}, what))),
  );
  const nothing = h(
    'p',
    { class: 'palette-nothing muted', hidden: true },
    'Nothing of this name, and it is no valid name.',
  );
  const input = h('input', {
    type: 'text',
    role: 'combobox',
    'aria-label': 'Go to a repository, tag, digest or command',
    'aria-expanded': 'true',
    'aria-controls': 'palette-list',
    'aria-autocomplete': 'list',
    placeholder: session ? 'team/web, team/web:1.0, sha256:…, or a command' : 'A command',
    spellcheck: 'false',
    autocapitalize: 'none',
    autocomplete: 'off',
    value: asked.text,
  });
  const dialog = h(
    'dialog',
    { class: 'palette', 'aria-label': 'Palette' },
    h('div', { class: 'palette-field' }, icon('search'), input, h('kbd', { 'aria-hidden': 'true' }, 'Esc')),
    list,
    nothing,
    help,
  );

  let entries = [];
  let active = 0;
  const mark = () => {
    [...list.children].forEach((option, at) => option.setAttribute('aria-selected', String(at === active)));
    const option = list.children[active];
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
    option?.scrollIntoView({ block: 'nearest' });
  };
  const update = () => {
    const isHelp = input.value.trim() === '?';
    entries = isHelp ? [] : suggestions(input.value, context);
    active = 0;
    list.replaceChildren(...entries.map(optionOf));
    list.hidden = isHelp || entries.length === 0;
    help.hidden = !isHelp;
    nothing.hidden = isHelp || entries.length > 0;
    mark();
    announce(isHelp ? 'Shortcuts' : plural(entries.length, 'suggestion'));
  };
  const enter = (entry) => {
    if (!entry) return;
    dialog.close();
    if (entry.href) location.hash = entry.href;
    else entry.run();
  };
  const moves = { ArrowDown: 1, ArrowUp: -1 };
  input.addEventListener('input', update);
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter') enter(entries[active]);
    else if (event.key in moves && entries.length > 0) {
      active = (active + moves[event.key] + entries.length) % entries.length;
      mark();
    } else return;
    event.preventDefault();
  });
  list.addEventListener('click', (event) => {
    const option = event.target.closest('li');
    if (option) enter(entries[[...list.children].indexOf(option)]);
  });
  // Outside of it, as with Esc.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  update();
  input.setSelectionRange(input.value.length, input.value.length);
  if (asked.isEntered) enter(entries[active]);
}

function optionOf({ kind = 'command', title, hint }, at) {
  return h(
    'li',
    { id: `palette-${at}`, role: 'option', 'aria-selected': 'false' },
    icon(ICONS[kind]),
    h('span', { class: 'palette-title' }, title),
    h('span', { class: 'muted small' }, hint ?? (kind === 'command' ? '' : kind)),
  );
}

function commandsFor({ session, view, current, connection, config, again }) {
  const isWritable = session && !session.isReadOnly;
  const page = (name, title, repository) =>
    session && Object.hasOwn(pages, name) ? [{ title, href: pageHref(name, repository) }] : [];
  const known = config.registries.map(({ name }) => name);
  const addresses = [...known, ...(connection.login ? [] : recentRegistries().filter((one) => !known.includes(one)))];
  return [
    ...(view?.refresh ? [{ title: 'Refresh', run: view.refresh }] : []),
    ...(session ? [{ title: 'All repositories', href: homeHref() }] : []),
    ...(isWritable && current ? page('cleanup', `Clean-up of ${current}`, current) : []),
    ...(isWritable ? page('push', current ? `Push to ${current}` : 'Push an image', current) : []),
    ...(isWritable ? page('copy', 'Copy an image') : []),
    ...page('doctor', 'Doctor: examine this registry'),
    {
      title: connection.login ? 'How to sign in' : 'Sign in, or connect to another registry',
      run: () => connection.signIn(),
    },
    ...addresses
      .filter((address) => address !== session?.label)
      .map((address) => ({
        title: `Connect to ${address}`,
        run: () => connection.choose(address),
      })),
    ...Object.entries(APPEARANCE).flatMap(([name, { caption, values }]) =>
      Object.entries(values)
        .filter(([value]) => value !== appearance(name))
        .map(([value, shown]) => ({
          title: `${caption}: ${shown}`,
          run: () => {
            choose(name, value);
            if (name === 'density') again();
          },
        })),
    ),
    {
      title: `Shortcuts of one key: switch ${hasShortcuts() ? 'off' : 'on'}`,
      run: () => remember('shortcuts', hasShortcuts() ? 'off' : 'on'),
    },
  ];
}
