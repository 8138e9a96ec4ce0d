// `ui`

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { fetchOptions } from '../connection.js';
import { Failure } from '../input/usage.js';
import { whole } from '../input/values.js';

/** @import { Command } from '../commands.js' */

const inPackage = (/** @type {string} */ folder) =>
  fileURLToPath(new URL(folder, import.meta.resolve('docker-registry-client-wasm/package.json')));

/** @type {Command} */
export const ui = {
  name: 'ui',
  usage: '[HOST]',
  takes: [0, 1],
  summary: 'shows a registry in the browser, until Ctrl-C',
  details: `HOST is localhost:5000 if it is not given. The page is served on 127.0.0.1, with a proxy to this registry alone: it needs no CORS
settings, and uses docker's logins without seeing them. Only the printed address, which has a secret in it, opens the page.`,
  options: {
    'port': { value: 'N', read: whole(0, 65_535), help: 'serves the page on this port; default: a free one' },
    'no-open': { help: 'opens no browser' },
    'allow-changes': { help: 'lets the page change the registry; by default it only reads' },
  },
  examples: ['ui localhost:5000'],

  async run({ args: [address = 'localhost:5000'], options, output, signal, connect }) {
    const { createFetch } = await import('docker-registry-client-wasm/node');
    const first = await connect(address);
    await first.apiVersion();
    await first.checkStatus();

    const [{ openBrowser }, { forwardTo }, { REGISTRY, startServer }] = await Promise.all([
      import('../ui/browser.js'),
      import('../ui/registry.js'),
      import('../ui/server.js'),
    ]);
    const { host } = first;
    const token = randomBytes(24).toString('hex');
    // Other users of the machine can read the arguments of the program that opens the browser.
    const ticket = options.noOpen ? undefined : randomBytes(24).toString('hex');
    const forward = forwardTo({
      host,
      connect: (client) => connect(address, { client }),
      fetch: createFetch(fetchOptions(options)),
      prefix: `/${token}${REGISTRY}`,
      allowChanges: Boolean(options.allowChanges),
      onRequest: options.verbose ? output.request : undefined,
    });
    const folders = { '/': inPackage('ui/'), '/wasm/': inPackage('wasm/') };
    const { port } = options;
    /** @type {{ readOnly: boolean, logins: 'docker' }} */
    const settings = { readOnly: !options.allowChanges, logins: 'docker' };
    const server = await startServer({ folders, forward, name: host, settings, token, ticket, port }).catch(
      ({ code }) => {
        if (code === 'EADDRINUSE') throw new Failure('IN_USE', `--port ${port}: another program uses the port`);
        throw new Failure('NETWORK', `127.0.0.1:${port ?? 0} cannot be used: ${code}`);
      },
    );
    try {
      const url = `${server.url}/`;
      if (output.isJson) output.json({ registry: host, url });
      else output.line(url);
      output.note(`It shows ${host}${options.allowChanges ? '' : ', without changes'}. Ctrl-C ends it.`);
      if (ticket && !(await openBrowser(`${server.origin}/${ticket}`)))
        output.warn('no browser could be started; open the address above');
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await server.stop();
    }
    // Not a failure: there is no other way to end it.
    return signal.reason.exitCode;
  },
};
