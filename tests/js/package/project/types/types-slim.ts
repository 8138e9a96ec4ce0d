// As types.ts, for the entry that only ES modules have.

import { Repository } from 'docker-registry-client-wasm';
import init, { Repository as SlimRepository, type ModuleSource } from 'docker-registry-client-wasm/slim';

export async function start(source: ModuleSource, bytes: Uint8Array): Promise<boolean> {
  const nothing: void = await init(source);
  await init(bytes);
  await init(new URL('http://localhost/core.wasm'));
  await init(fetch('core.wasm'));
  // @ts-expect-error Left out is fine, nothing is not.
  await init(null);
  return nothing === undefined && SlimRepository === Repository;
}
