// Serves the page as it is built now, and a proxy to one registry that passes its logins on.
import { REGISTRY, startServer } from '../../pkg-template/cli/ui/server.js';
import { buildPage } from '../build.mjs';
import { proxyTo } from './proxy.mjs';

const ATTEMPTS = 100;

/**
 * @param {{ registry: string, port?: number }} options `registry`: base URL; `port`: 0 (the default) for any free port,
 *   otherwise the next free one
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startSite({ registry, port = 0 }) {
  const forward = proxyTo(new URL(registry), REGISTRY, { tokens: true });
  return startServer({ folders: { '/': await buildPage() }, forward, name: registry, port, attempts: ATTEMPTS });
}
