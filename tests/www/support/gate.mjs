// A registry behind a gate: what passes is answered by the registry itself, the rest as the test says.
import { proxyTo } from '../../../www/server/proxy.mjs';
import { startScripted } from '../../registries/scripted.mjs';

/**
 * @param {{ url: string }} registry
 * @returns a server as of startScripted(), whose `rule(request)` returns a handler, or nothing for what passes; `pass`: the registry's
 *   own handler; `sockets`: the connections to it
 */
export async function startGate(registry) {
  const forward = proxyTo(new URL(registry.url), '');
  const sockets = new Set();
  const server = await startScripted((request, response) => {
    sockets.add(request.socket);
    return (server.rule?.(request) || forward)(request, response);
  });
  return Object.assign(server, { pass: forward, sockets });
}
