// What the tests of the packed package share.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fill } from '../../../www/registry/fill.mjs';
import { RegistryError, isRegistryError } from './packed.mjs';
import { isOverHttp2 } from '../../registries/over-tls.mjs';
import { startDistribution, startFerro, startTokenRegistry } from '../../registries/servers.mjs';

/** The real registries that everything read is read from. */
export const realRegistries = {
  'distribution 2.8': startDistribution,
  // It has neither TLS nor HTTP/2.
  ...(!isOverHttp2 && { 'ferro (OCI 1.1)': startFerro }),
};

/**
 * A test for each real registry, which has `images`.
 * @param {object} images
 * @param {(t: import('node:test').TestContext, registry: { url: string }, name: string) => Promise<void>} use
 */
export function forEachRegistry(images, use) {
  for (const [name, launch] of Object.entries(realRegistries)) {
    test(name, async (t) => {
      const registry = await launch();
      t.after(() => registry.stop());
      await fill(registry, images);
      await use(t, registry, name);
    });
  }
}

/** Two registries: `source` has `images`, `target` is of another kind and empty. `from` and `to` are their hosts. */
export async function startPair(images) {
  const [source, target] = await Promise.all([startDistribution(), startFerro()]);
  const stop = () => Promise.all([source.stop(), target.stop()]);
  await fill(source, images);
  const [from, to] = [source, target].map(({ url }) => new URL(url).host);
  return { source, target, from, to, stop };
}

/** A registry for everyone, and the same content behind a token service. */
export async function startOpenAndLocked(images) {
  const registry = await startDistribution();
  await fill(registry, images);
  const locked = await startTokenRegistry({ data: registry.data });
  return { registry, locked, stop: () => Promise.all([registry.stop(), locked.stop()]) };
}

/** A call that never settles is a failure of its own, and must not take the whole run's time to show. */
export const SOON = { timeout: 30_000 };

/**
 * Runs `action`, which must be refused with a RegistryError that has these properties.
 * @param {() => unknown} action may throw or return a promise that rejects
 * @param {string | object} expected the code, or several properties
 * @param {unknown} [what] to name it by where it is not refused
 */
export async function refused(action, expected, what = action) {
  const error = await Promise.resolve()
    .then(action)
    .then(
      (value) => assert.fail(`${what} was not refused: ${JSON.stringify(value)}`),
      (reason) => reason,
    );
  assert.ok(error instanceof RegistryError, `a RegistryError, not ${error?.stack ?? error}`);
  assert.ok(error instanceof Error && isRegistryError(error));
  assert.equal(error.name, 'RegistryError');
  assert.ok(error.reason.length > 5 && !error.reason.includes(`(${error.method} `), error.reason);
  assert.ok(error.message.length > 10 && !error.message.includes('[object'), error.message);
  for (const [key, value] of Object.entries(typeof expected === 'string' ? { code: expected } : expected)) {
    if (value instanceof RegExp) assert.match(error[key], value);
    else assert.deepEqual(error[key], value, `${key} of: ${error.message}`);
  }
  return error;
}

/** All bytes of a stream. */
export async function bytesOf(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    assert.ok(chunk instanceof Uint8Array);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export async function listOf(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** Data as JSON has it: without `undefined`, dates as text, and `__proto__` as a name like any other. */
export const plain = (value) => JSON.parse(JSON.stringify(value));

/** A descriptor or platform of a document, in the package's spelling. */
export function platformOf({ os, architecture, variant, 'os.version': osVersion, 'os.features': osFeatures }) {
  return plain({ os, architecture, variant, osVersion, osFeatures });
}
export function descriptorOf({ data: _, ...fields }) {
  return plain({ ...fields, platform: fields.platform && platformOf(fields.platform) });
}

/** The images within an image or index, as an index's reader counts them: nested ones too, attestations not. */
export function imagesIn(content) {
  if (content.document.manifests) return content.children.flatMap(imagesIn);
  return content.config?.os === undefined ? [] : [content];
}

export const sizeOf = ({ document }) => document.layers.reduce((sum, { size }) => sum + size, 0);
