// The page: its session, and the view for the current address.

import init from 'docker-registry-client-wasm/slim';
import { h } from './dom.js';
import { explain, signInBy } from './errors.js';
import { Places } from './places.js';
import { parseRoute } from './router.js';
import { checkedConfig, noConfig } from './model/config.js';
import { requestCatalog } from './model/early.js';
import { rememberRegistry } from './model/preferences.js';
import { Session } from './model/session.js';
import { shown } from './model/shown.js';
import { config as reading } from './start.js';
import { printable } from './text/printable.js';
import { commandLine } from './text/shell.js';
import { appearanceMenu } from './ui/appearance.js';
import { SIGN_IN, SIGN_IN_NEEDED } from './ui/events.js';
import { emptyBox, errorBox, skeleton } from './ui/part.js';
import { onShortcut } from './ui/shortcuts.js';
import { showTray } from './ui/tray/tray.js';
import { loadOthers, loadView, viewOf } from './views/all.js';
import { Connection } from './views/connect.js';

const PROMISE = 'Every manifest and every layer is verified by its digest.';
const NO_PROMISE = 'This registry speaks V1, which has no digests: what it sends cannot be verified.';
const main = document.getElementById('main');

// A view whose script does not load says so itself, with a button to try again.
const firstView = loadView(parseRoute(location.hash).view).catch(() => {});
const [{ config, problem, address, early }] = await Promise.all([reading.then(begun), init(), firstView]);
const [first] = config.registries;
const NAME = config.title ?? document.title;
let session;
let connecting;
let view;
let ending;
const places = new Places(main);

const connection = new Connection({
  panel: document.getElementById('connection-panel'),
  button: document.getElementById('connection'),
  connect,
  diagnose: (choice, signal) => sessionFor(choice).diagnose(signal),
  configured: config.registries,
  // The command `ui` has docker's logins, and its page talks to nobody else.
  login: config.logins === 'docker' ? commandLine('docker', 'login', hostOf(first?.name ?? '')) : undefined,
});
if (config.logins === 'docker') signInBy(`Run “${connection.login}”, then connect again.`);
document.addEventListener(SIGN_IN_NEEDED, () => connection.refused());
document.addEventListener(SIGN_IN, () => connection.signIn());
showTray(document.getElementById('tray'), document.querySelector('.page-foot p'));
appearanceMenu(document.getElementById('appearance'), () => show({ again: true }));
const openPalette = async (asked) => {
  const { palette } = await import('./views/palette.js');
  palette({
    asked,
    session,
    view,
    route: parseRoute(location.hash),
    connection,
    config,
    again: () => show({ again: true }),
  });
};
const beginPalette = onShortcut(openPalette);
document.getElementById('palette-button').addEventListener('click', () => beginPalette(''));
for (const brand of document.querySelectorAll('.brand span')) brand.textContent = printable(NAME);
document.querySelector('.brand').setAttribute('aria-label', printable(NAME));

/** Returns what config.json says, the `address` to connect to, and `early`: the `fetch` of a request that is on its way there. */
function begun(given) {
  const { config, problem } = understood(given);
  const address = new URLSearchParams(location.search).get('registry') ?? config.registries[0]?.name ?? '';
  const known = config.registries.find(({ name }) => name === address);
  const isHome = parseRoute(location.hash).view === 'home';
  return { config, problem, address, early: known && isHome ? requestCatalog(known.registry) : undefined };
}

/** What config.json says. If it is wrong, the page says so and connects to nothing by itself. */
function understood({ value, error }) {
  try {
    if (error) throw error;
    return { config: checkedConfig(value ?? {}, location.href) };
  } catch (wrong) {
    return { config: noConfig(true), problem: wrong };
  }
}

function hostOf(name) {
  return name.replace(/^https?:\/\//i, '').replace(/\/+$/, '');
}

/** `isTarget`: for a copy, beside the session that is shown. `fetch`: instead of the browser's. */
function sessionFor({ address, username, password, isTarget, fetch }) {
  const known = config.registries.find(({ name }) => name === address);
  return new Session({
    address: known?.registry ?? address,
    label: known?.name,
    username,
    password,
    readOnly: config.readOnly || isFramedByOthers(),
    isTarget,
    fetch,
  });
}

/** Another site could lay its page over this one, and have the buttons of this one pressed. */
function isFramedByOthers() {
  try {
    return window.top.location.origin !== location.origin;
  } catch {
    return true;
  }
}

/** The open session stays until the next one is connected. */
async function connect(choice, signal) {
  const next = sessionFor(choice);
  connecting = next;
  if (!session) show();
  try {
    await next.connect(signal, { withCatalog: parseRoute(location.hash).view === 'home' });
  } catch (error) {
    next.close();
    if (connecting === next) {
      connecting = undefined;
      if (!session) show();
    }
    throw error;
  }
  connecting = undefined;
  session?.close();
  session = next;
  shown.show(next);
  remember(choice.address);
  document.getElementById('promise').textContent = next.version === 1 ? NO_PROMISE : PROMISE;
  show();
  loadOthers();
  return next;
}

/** Puts the address into the location, so that links lead to the same registry. Never a password. */
function remember(address) {
  rememberRegistry(address);
  const url = new URL(location.href);
  if (address === first?.name) url.searchParams.delete('registry');
  else url.searchParams.set('registry', address);
  history.replaceState(history.state, '', url);
}

/** `again`: opens the view anew, also where it could show the address itself. */
function show({ place, again = false } = {}) {
  const route = parseRoute(location.hash);
  if (!again && view?.session === session && view?.update?.(route)) {
    setTitle(view.title);
    return;
  }
  const scroll = again ? window.scrollY : 0;
  ending?.abort();
  ending = new AbortController();
  // The doctor is for registries that cannot be connected to, too.
  view = session || route.view === 'doctor' ? open(route) : waiting();
  view.session = session;
  main.replaceChildren(view.element);
  setTitle(view.title);
  if (place) places.restore(place, ending.signal);
  else window.scrollTo(0, scroll);
}

function open(route) {
  try {
    return viewOf(route.view)({ session, sessionFor, route, signal: ending.signal });
  } catch (error) {
    // The address has an invalid repository name.
    return {
      element: h('div', { class: 'view' }, h('h1', { tabindex: -1 }, 'Not a repository'), errorBox(error)),
      title: explain(error).code,
    };
  }
}

function waiting() {
  const content = connecting
    ? skeleton(8, `Connecting to ${connecting.label}`)
    : problem
      ? h('div', { class: 'notice error', role: 'alert' }, h('p', {}, problem.message))
      : emptyBox(
          'No registry connected',
          h('p', { class: 'muted' }, 'Connect to a registry to see its repositories, tags and images.'),
        );
  return {
    element: h('div', { class: 'view' }, h('h1', { class: 'visually-hidden', tabindex: -1 }, NAME), content),
  };
}

function setTitle(title) {
  document.title = printable(title ? `${title} · ${NAME}` : NAME);
}

window.addEventListener('hashchange', () => show({ place: places.move() }));
document.getElementById('skip').addEventListener('click', (event) => {
  // Its address would be taken for a view.
  event.preventDefault();
  main.focus();
});

if ('scrollRestoration' in history) history.scrollRestoration = 'manual';
connection.address.value = address;
show();
if (address) connection.start({ address, username: '', password: '', fetch: early });
else connection.toggle(true);
