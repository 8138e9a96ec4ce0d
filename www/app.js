// The page: its session, and the view for the current address.

import init from 'docker-registry-client-wasm/slim';
import { h } from './dom.js';
import { explain } from './errors.js';
import { Places } from './places.js';
import { parseRoute } from './router.js';
import { Session } from './model/session.js';
import { config as reading } from './start.js';
import { printable } from './text/printable.js';
import { SIGN_IN, SIGN_IN_NEEDED } from './ui/events.js';
import { emptyBox, errorBox, skeleton } from './ui/part.js';
import { showTray } from './ui/tray.js';
import { Connection } from './views/connect.js';
import { homeView } from './views/home.js';
import { pages } from './views/pages.js';
import { tagView } from './views/tag.js';
import { tagsView } from './views/tags.js';

const NAME = document.title;
const VIEWS = { home: homeView, tags: tagsView, tag: tagView, ...pages };
const PROMISE = 'Every manifest and every layer is verified by its digest.';
const NO_PROMISE = 'This registry speaks V1, which has no digests: what it sends cannot be verified.';
const main = document.getElementById('main');

// A registry behind the server's own proxy, if it has one.
const [config] = await Promise.all([reading, init()]);
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
});
document.addEventListener(SIGN_IN_NEEDED, () => connection.refused());
document.addEventListener(SIGN_IN, () => connection.signIn());
showTray(document.getElementById('tray'));

function sessionFor({ address, username, password }) {
  const proxied = config.registry && address === config.name;
  return new Session({
    address: proxied ? new URL(config.registry, location.href).href : address,
    label: proxied ? config.name : undefined,
    username,
    password,
  });
}

async function connect(choice, signal) {
  const next = sessionFor(choice);
  session?.close();
  session = undefined;
  connecting = next;
  show();
  try {
    await next.connect(signal, { withCatalog: parseRoute(location.hash).view === 'home' });
    signal.throwIfAborted();
  } catch (error) {
    next.close();
    if (connecting === next) {
      connecting = undefined;
      show();
    }
    throw error;
  }
  connecting = undefined;
  session = next;
  remember(choice.address);
  document.getElementById('promise').textContent = next.version === 1 ? NO_PROMISE : PROMISE;
  show();
  return next;
}

/** Puts the address into the location, so that links lead to the same registry. Never a password. */
function remember(address) {
  const url = new URL(location.href);
  if (address === config.name) url.searchParams.delete('registry');
  else url.searchParams.set('registry', address);
  history.replaceState(history.state, '', url);
}

function show({ place } = {}) {
  const route = parseRoute(location.hash);
  if (session && view?.session === session && view.update?.(route)) {
    setTitle(view.title);
    return;
  }
  ending?.abort();
  ending = new AbortController();
  view = session ? open(route) : waiting();
  view.session = session;
  main.replaceChildren(view.element);
  setTitle(view.title);
  if (place) places.restore(place, ending.signal);
  else window.scrollTo(0, 0);
}

function open(route) {
  try {
    return VIEWS[route.view]({ session, route, signal: ending.signal });
  } catch (error) {
    // The address has an invalid repository name.
    return {
      element: h('div', { class: 'view' }, h('h1', { tabindex: -1 }, 'Not a repository'), errorBox(error)),
      title: explain(error).code,
    };
  }
}

function waiting() {
  if (connecting) {
    return {
      element: h(
        'div',
        { class: 'view' },
        h('h1', { class: 'visually-hidden', tabindex: -1 }, NAME),
        skeleton(8, `Connecting to ${connecting.label}`),
      ),
    };
  }
  return {
    element: h(
      'div',
      { class: 'view' },
      h('h1', { class: 'visually-hidden', tabindex: -1 }, NAME),
      emptyBox(
        'No registry connected',
        h('p', { class: 'muted' }, 'Connect to a registry to see its repositories, tags and images.'),
      ),
    ),
  };
}

function setTitle(title) {
  document.title = title ? `${printable(title)} · ${NAME}` : NAME;
}

window.addEventListener('hashchange', () => show({ place: places.move() }));
document.getElementById('skip').addEventListener('click', (event) => {
  // Its address would be taken for a view.
  event.preventDefault();
  main.focus();
});

if ('scrollRestoration' in history) history.scrollRestoration = 'manual';
const address = new URLSearchParams(location.search).get('registry') ?? config.name ?? '';
connection.address.value = address;
show();
if (address) connection.start({ address, username: '', password: '' });
else connection.toggle(true);
