// The form to connect to a registry. It shows the state of the connection.

import { announce, h, icon } from '../dom.js';
import { isOffline, isUnexplained, needsCredentials } from '../errors.js';
import { pageHref } from '../router.js';
import { errorBox } from '../ui/part.js';
import { command } from '../ui/copy.js';
import { explained } from './doctor.js';
import { registryChoices } from './registries.js';

/**
 * The panel of the connection, and the button in the header that opens it. `connect({ address, username, password }, signal)`
 * returns a promise of the session; `diagnose(choice, signal)` one of the client's diagnosis. `configured`: registries to choose from.
 * `login`: the command that signs in where the page has no form for it.
 */
export class Connection {
  #controller;
  /** The session that is open: its address, and what the button shows of it. */
  #open;

  constructor({ panel, button, connect, diagnose, configured = [], login }) {
    Object.assign(this, { panel, button, connect, diagnose, login });
    this.address = h('input', {
      id: 'address',
      name: 'address',
      required: true,
      spellcheck: 'false',
      autocapitalize: 'none',
      autocomplete: 'url',
      inputmode: 'url',
      placeholder: 'localhost:5000',
      'aria-describedby': 'address-hint',
      'oninput': () => this.#leaveLogin(),
    });
    this.username = h('input', {
      id: 'username',
      name: 'username',
      spellcheck: 'false',
      autocapitalize: 'none',
      autocomplete: 'username',
    });
    this.password = h('input', {
      id: 'password',
      name: 'password',
      type: 'password',
      autocomplete: 'current-password',
    });
    this.submit = h('button', { type: 'submit', class: 'primary' }, 'Connect');
    this.status = h('div', { class: 'connection-status stack' });
    this.form = h(
      'form',
      { class: 'connect', 'aria-labelledby': 'connect-title', onsubmit: (event) => this.#onSubmit(event) },
      login === undefined ? this.#fields() : this.#instructions(login),
      this.status,
    );
    this.choices = registryChoices({ configured, choose: (address) => this.choose(address) });
    if (login === undefined) this.form.append(this.choices.element);
    panel.append(this.form);
    button.addEventListener('click', () => this.toggle());
    panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.connected) this.toggle(false);
    });
    this.#show('idle', 'Not connected');
    window.addEventListener('offline', () => this.#onNetwork(false));
    window.addEventListener('online', () => this.#onNetwork(true));
  }

  #fields() {
    return [
      h('h2', { id: 'connect-title' }, 'Connect to a registry'),
      h(
        'div',
        { class: 'fields' },
        field('Registry address', this.address),
        field('User', this.username, 'optional'),
        field('Password', this.password, 'optional'),
        this.submit,
      ),
      h(
        'p',
        { id: 'address-hint', class: 'hint' },
        'A host with an optional port, or a URL. Without a scheme: https, or http for localhost.',
      ),
    ];
  }

  /** The command `ui` has the logins; a password typed here would lead nowhere. */
  #instructions(login) {
    return [
      h('h2', { id: 'connect-title' }, 'Connected by the command ui'),
      h(
        'p',
        { class: 'hint' },
        'The command in your terminal sends the requests of this page, with docker’s logins. To sign in, run this, then connect again:',
      ),
      command(login, 'command to sign in'),
      h('div', {}, this.submit),
    ];
  }

  /** Connects to a registry that was chosen, without a login. */
  choose(address) {
    this.address.value = address;
    this.username.value = '';
    this.password.value = '';
    return this.start({ address, username: '', password: '' });
  }

  #focusFirst(needsUser) {
    const first = this.login !== undefined ? this.submit : needsUser ? this.username : this.address;
    first.focus();
  }

  /** Says so while the device is offline, and connects again when that failed for it. */
  #onNetwork(isOnline) {
    announce(isOnline ? 'Online again' : 'Offline');
    this.#display();
    if (isOnline && this.#offline) this.start(this.#offline);
  }

  get connected() {
    return this.#open !== undefined;
  }

  /** The registry refused a request: the session is not good for everything. */
  refused() {
    if (!this.#open) return;
    this.#open.shown = ['refused', this.#open.shown[1], 'sign-in needed'];
    if (!this.#controller) this.#show(...this.#open.shown);
  }

  signIn() {
    // The form may have what was typed for a registry that could not be connected to.
    if (this.#open && this.address.value.trim() !== this.#open.address) {
      this.address.value = this.#open.address;
      this.username.value = '';
      this.password.value = '';
      this.status.replaceChildren();
    }
    this.toggle(true);
    this.#focusFirst(true);
  }

  toggle(open = this.panel.hidden) {
    this.panel.hidden = !open;
    this.button.setAttribute('aria-expanded', String(open));
    if (open) this.choices.update();
    if (open) this.#focusFirst(false);
    else this.button.focus();
  }

  /** The registry that the user name in the form belongs to. */
  #loginOf;

  /** The login for one registry is not offered to another. */
  #leaveLogin() {
    if (this.#loginOf === undefined || this.address.value.trim() === this.#loginOf) return;
    this.username.value = '';
    this.#loginOf = undefined;
  }

  #shown;
  /** The choice that could not be connected to because the device was offline. */
  #offline;

  #show(...shown) {
    this.#shown = shown;
    this.#display();
  }

  #display() {
    const [state, text, detail] = navigator.onLine ? this.#shown : ['offline', this.#shown[1], 'offline'];
    this.button.dataset.state = state;
    this.button.replaceChildren(
      h('span', { class: 'dot', 'aria-hidden': 'true' }),
      h('span', { class: 'connection-text' }, text, detail ? h('span', { class: 'connection-detail' }, detail) : null),
      icon('chevron'),
    );
  }

  #onSubmit(event) {
    event.preventDefault();
    // While the page connects, the same button cancels.
    if (this.#controller) this.#controller.abort();
    else
      this.start({
        address: this.address.value.trim(),
        username: this.username.value.trim(),
        password: this.password.value,
      });
  }

  /** Connects, and shows the outcome in the form. Resolves to whether it succeeded. */
  async start(choice) {
    this.#controller?.abort();
    this.#diagnosing?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    this.submit.textContent = 'Cancel';
    this.status.replaceChildren();
    this.form.setAttribute('aria-busy', 'true');
    this.#offline = undefined;
    this.#show('connecting', 'Connecting…');
    announce(`Connecting to ${choice.address}`);
    try {
      const session = await this.connect(choice, controller.signal);
      this.#open = {
        address: choice.address,
        shown: ['connected', session.host, `Registry API v${session.version}`],
      };
      this.password.value = '';
      this.#loginOf = choice.address;
      this.#show(...this.#open.shown);
      announce(`Connected to ${session.host}, registry API version ${session.version}`);
      this.panel.hidden = true;
      this.button.setAttribute('aria-expanded', 'false');
      return true;
    } catch (error) {
      if (this.#controller !== controller) return false;
      const cancelled = controller.signal.aborted;
      const outcome = cancelled ? ['idle', 'Not connected'] : ['failed', 'Connection failed'];
      this.#show(...(this.#open?.shown ?? outcome));
      if (cancelled) announce('Connecting was cancelled');
      else this.#explain(error, choice);
      if (!cancelled && this.#open)
        this.status.prepend(h('p', { class: 'hint' }, `Connection failed. ${this.#open.shown[1]} stays connected.`));
      this.panel.hidden = false;
      this.button.setAttribute('aria-expanded', 'true');
      this.choices.update();
      this.#focusFirst(!cancelled && needsCredentials(error));
      return false;
    } finally {
      if (this.#controller === controller) {
        this.#controller = undefined;
        this.submit.textContent = 'Connect';
        this.form.removeAttribute('aria-busy');
      }
    }
  }

  /** The browser tells pages nothing about requests that CORS refuses; a diagnosis finds out more. */
  #explain(error, choice) {
    const hasCredentials = choice.username !== '';
    const doctor = pageHref('doctor', undefined, { registry: choice.address });
    const options = { hasCredentials, signIn: false, doctor };
    if (isOffline(error)) this.#offline = choice;
    if (!isUnexplained(error)) return this.status.replaceChildren(errorBox(error, options));
    this.#diagnosing?.abort();
    this.#diagnosing = new AbortController();
    const { signal } = this.#diagnosing;
    this.status.replaceChildren(explained({ error, options, signal, diagnose: () => this.diagnose(choice, signal) }));
    return undefined;
  }
  #diagnosing;
}

function field(label, input, note) {
  return h(
    'div',
    { class: `field field-${input.id}` },
    h('label', { for: input.id }, label, note ? h('span', { class: 'muted' }, ` ${note}`) : null),
    input,
  );
}
