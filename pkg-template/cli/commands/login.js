// `login` and `logout`

import { givenLogin } from '../connection.js';
import { ask, isTerminal } from '../input/prompt.js';
import { Usage } from '../input/usage.js';

/**
 * @import { Challenge } from 'docker-registry-client-wasm'
 * @import { Command } from '../commands.js'
 */

/** @type {Command} */
export const login = {
  name: 'login',
  usage: 'HOST',
  takes: [1, 1],
  summary: 'checks a login with the registry and stores it where docker does',
  details: `The login goes to the credential helper that docker's config.json names for the registry, else into that file. Docker
and podman use it too. Without --username or --password-stdin, the command asks on the terminal.`,
  examples: ['login registry.example.com --username alice --password-stdin < password.txt'],

  async run({ args: [host], options, output, signal, connect }) {
    const given = await loginFrom(options, signal);
    let isChecked = false;
    /** @param {Challenge} challenge */
    const credentials = ({ refused }) => {
      isChecked = true;
      return refused ? undefined : given;
    };
    const client = await connect(host, { credentials });
    await client.checkStatus();
    const { storeLogin } = await import('../../node/logins/store.js');
    const { file, helper } = await storeLogin(client.host, given);
    if (output.isJson)
      return void output.json({ registry: client.host, username: given.username, file, helper, isChecked });
    output.line(`Logged in to ${host} as ${given.username}`);
    if (!isChecked) output.warn('the registry did not ask for the login, so nobody has checked it');
    if (!helper)
      output.note(`${file} has the password, not encrypted; a credential helper ("credsStore") would keep it safer`);
    if (process.env.DOCKER_AUTH_CONFIG) output.warn('DOCKER_AUTH_CONFIG is set, and its logins take precedence');
    return undefined;
  },
};

/** @type {Command} */
export const logout = {
  name: 'logout',
  usage: 'HOST',
  takes: [1, 1],
  summary: 'removes the login that login, or docker login, stored',
  examples: ['logout registry.example.com'],

  async run({ args: [host], output, connect }) {
    const { host: registry } = await connect(host);
    const { eraseLogin } = await import('../../node/logins/store.js');
    const { file, helper, removed } = await eraseLogin(registry);
    const place = helper ? `docker-credential-${helper}` : file;
    if (output.isJson) output.json({ registry, file, helper, removed });
    else output.line(removed ? `Logged out of ${host}` : `${place} has no login for ${host}`);
    const { dockerCredentials } = await import('docker-registry-client-wasm/node');
    const other = await dockerCredentials()({ registry, scheme: 'basic', scopes: [] });
    if (other) output.warn(`there is still a login for ${host}: in podman's file or DOCKER_AUTH_CONFIG`);
  },
};

/**
 * @param {Record<string, any>} options
 * @param {AbortSignal} signal
 */
async function loginFrom(options, signal) {
  if (options.tokenStdin) throw new Usage('a token cannot be stored; give --token-stdin to each command');
  if (!options.passwordStdin && !isTerminal()) {
    throw new Usage('without a terminal, --username and --password-stdin are needed');
  }
  const username = options.username ?? (options.passwordStdin ? undefined : await ask('User name: ', { signal }));
  if (username === '') throw new Usage('a user name is needed');
  // Basic authentication ends the name at the colon.
  if (/[:\p{Cc}]/u.test(username)) throw new Usage('a user name cannot have a colon or a control character');
  if (options.passwordStdin) return /** @type {any} */ (await givenLogin(options, signal));
  const password = await ask('Password: ', { signal, isSecret: true });
  if (password === '') throw new Usage('a password is needed');
  return { username, password };
}
