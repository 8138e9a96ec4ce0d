// A registry behind a gate: what passes is answered by the registry itself, the rest as the test says.
import { fill } from '../../../www/registry/fill.mjs';
import { proxyTo } from '../../../www/server/proxy.mjs';
import { startScripted } from '../../registries/scripted.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { visitSite } from './scripted.mjs';

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

/** The page before a registry of its own, filled with a set, behind a gate: `[visitor, registry, gate]`. `options` are the registry's. */
export async function visitOwn(t, browser, set, path, options) {
  const registry = await startDistribution(options);
  t.after(registry.stop);
  await fill(registry, set);
  const gate = await startGate(registry);
  t.after(gate.stop);
  return [await visitSite(t, browser, gate.url, path), registry, gate];
}
