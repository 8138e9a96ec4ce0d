// The page: the session it shows, and the view that the address asks for.

import { h } from './dom.js';
import { explain } from './errors.js';
import { parseRoute } from './router.js';
import { Session } from './session.js';
import { emptyBox, errorBox, skeleton } from './ui/part.js';
import { Connection } from './views/connect.js';
import { homeView } from './views/home.js';
import { tagView } from './views/tag.js';
import { tagsView } from './views/tags.js';

const NAME = document.title;
const VIEWS = { home: homeView, tags: tagsView, tag: tagView };
const main = document.getElementById('main');

const config = await readConfig();
let session;
let connecting;
let view;
let ending;
let shownHash = location.hash;
// Where each view was left, for the way back.
const positions = new Map();

const connection = new Connection({
  panel: document.getElementById('connection-panel'),
  button: document.getElementById('connection'),
  connect,
});

/** What this page's server offers: one registry, reached through its proxy. Without such a server there is none. */
async function readConfig() {
  try {
    const response = await fetch('config.json', { headers: { accept: 'application/json' } });
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}

async function connect({ address, username, password }, signal) {
  const proxied = config.registry && address === config.name;
  const next = new Session({
    address: proxied ? new URL(config.registry, location.href).href : address,
    label: proxied ? config.name : undefined,
    username,
    password,
  });
  session?.close();
  session = undefined;
  connecting = next;
  show();
  try {
    await next.connect(signal);
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
  remember(address);
  show();
  return next;
}

/** The address stands in the location, so that links lead others to the same registry; a password never does. */
function remember(address) {
  const url = new URL(location.href);
  if (address === config.name) url.searchParams.delete('registry');
  else url.searchParams.set('registry', address);
  history.replaceState(history.state, '', url);
}

function show({ moved = false } = {}) {
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
  window.scrollTo(0, moved ? (positions.get(location.hash) ?? 0) : 0);
  if (moved) (main.querySelector('h1') ?? main).focus({ preventScroll: true });
}

function open(route) {
  try {
    return VIEWS[route.view]({ session, route, signal: ending.signal });
  } catch (error) {
    // A name in the address that no repository can have.
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
        'No registry yet',
        h('p', { class: 'muted' }, 'Once connected, its repositories, tags and images are here to look at.'),
      ),
    ),
  };
}

function setTitle(title) {
  document.title = title ? `${title} · ${NAME}` : NAME;
}

window.addEventListener('hashchange', () => {
  shownHash = location.hash;
  show({ moved: true });
});
window.addEventListener(
  'scroll',
  () => {
    // A scroll the browser makes for the next address does not count for this one.
    if (location.hash === shownHash) positions.set(shownHash, window.scrollY);
  },
  { passive: true },
);
document.getElementById('skip').addEventListener('click', (event) => {
  // Its address would be taken for a view's.
  event.preventDefault();
  main.focus();
});

if ('scrollRestoration' in history) history.scrollRestoration = 'manual';
const address = new URLSearchParams(location.search).get('registry') ?? config.name ?? '';
connection.address.value = address;
show();
if (address) connection.start({ address, username: '', password: '' });
else connection.toggle(true);
