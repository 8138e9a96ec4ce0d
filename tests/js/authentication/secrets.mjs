// Whether what a program logs, prints or sends on holds a secret (F62).
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { inspect } from 'node:util';

/** The ways in which a secret is written: as it is, in a URL, in a form, in Basic as password of any of these names. */
const spellings = (secret, names) => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ '': secret }).toString().slice(1),
  ...names.map((name) => btoa(`${name}:${secret}`).replace(/=+$/, '')),
];

/** Everything that can be got out of a value by printing it. */
function printed(value) {
  const deep = inspect(value, { depth: Infinity, showHidden: true, getters: true });
  return [String(value), value?.message, value?.stack, value?.url, inspect(value?.cause), JSON.stringify(value), deep];
}

/**
 * Fails if printing any of the values shows any of the secrets.
 * @param {unknown[]} values errors, clients, events
 * @param {string[]} secrets
 * @param {string[]} [names] user names a secret may stand with
 */
export function assertSilent(values, secrets, names = ['alice', '<token>']) {
  const text = values.flatMap(printed).join('\n');
  for (const secret of secrets) {
    for (const spelling of spellings(secret, names)) {
      assert.ok(!text.includes(spelling), `${secret} shows, as ${spelling}`);
    }
  }
}

/**
 * Fails if a server was sent anything that says who asks.
 * @param {{ requests: { url: string, headers: object }[] }} server scripted
 * @param {string[]} secrets that must stand nowhere in its requests
 */
export function assertImpersonal(server, secrets = []) {
  for (const { url, headers } of server.requests) {
    const known =
      /^(accept|accept-encoding|accept-language|cache-control|connection|host|range|sec-fetch-mode|user-agent)$/;
    assert.deepEqual(
      Object.keys(headers).filter((name) => !known.test(name)),
      [],
    );
    for (const secret of secrets) assert.ok(!`${url}${JSON.stringify(headers)}`.includes(secret), secret);
  }
}

/** Collects what is written to the console, until `context` ends. */
export function watchConsole(context) {
  const said = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace']) {
    const watched = mock.method(console, method, (...values) => said.push(values));
    context.after(() => watched.mock.restore());
  }
  return said;
}
