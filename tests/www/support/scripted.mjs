// The page before a registry that does as a script says.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { image, layer } from '../../../www/registry/content.mjs';
import { startSite } from '../../../www/server/site.mjs';
import { content, json, startScripted } from '../../registries/scripted.mjs';

export const hello = image([{ run: 'COPY hello /', layer: layer([{ path: 'hello', content: 'hello' }]) }]);
/** A registry of one image, as it should be. */
export const good = {
  '/v2/_catalog': json({ repositories: ['hello'] }),
  '/v2/hello/tags/list': json({ name: 'hello', tags: ['latest'] }),
  '/v2/hello/manifests/latest': content(hello),
  [`/v2/hello/manifests/${hello.digest}`]: content(hello),
  [`/v2/hello/blobs/${hello.id}`]: content(hello.blobs[0]),
};
export const [layerOf] = hello.document.layers;
export const layerPath = `/v2/hello/blobs/${layerOf.digest}`;

/** A byte now and a byte then. */
export const drips = (size) => (_, response) => {
  response.writeHead(200, { 'content-length': size });
  const timer = setInterval(() => response.write('x'), 400);
  response.on('close', () => clearInterval(timer));
};

/** The page before this registry. `options` are the visitor's. */
export async function visitSite(t, browser, url, path = '', options = {}) {
  const site = await startSite({ registry: url });
  t.after(site.stop);
  return browser.visit(t, `${site.url}/${path}`, options);
}

export async function visitScripted(t, browser, script, path, options) {
  const server = await startScripted(script);
  t.after(server.stop);
  return [await visitSite(t, browser, server.url, path, options), server];
}

/** Waits for something outside the page. */
export async function eventually(condition) {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(20)) {
    if (await condition()) return;
  }
  assert.fail(`not in 20 s: ${condition}`);
}
