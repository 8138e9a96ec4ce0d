// Long listings. Runs in Node and in pages.
import { expect, perCall } from './time.mjs';

const TAGS = '/v2/bench/tags/tags/list?n=1000';
const CATALOG = '/v2/_catalog?n=1000';

async function client({ package: url, registry }) {
  const { DockerRegistryClient } = await import(url);
  return new DockerRegistryClient(registry);
}

const counted = (length, count) => expect(length === count, `${length} of ${count} items`);

async function each(iterable, count) {
  let items = 0;
  for await (const item of iterable) items += item ? 1 : 0;
  counted(items, count);
}

export async function tags(parameters) {
  const repository = (await client(parameters)).repository('bench/tags');
  return perCall(parameters.calls, async () => counted((await repository.tags()).length, parameters.count));
}

export async function eachTag(parameters) {
  const repository = (await client(parameters)).repository('bench/tags');
  return perCall(parameters.calls, () => each(repository.eachTag(), parameters.count));
}

export async function repositories(parameters) {
  const registry = await client(parameters);
  return perCall(parameters.calls, async () => counted((await registry.repositories()).size, parameters.count));
}

export async function catalog(parameters) {
  const registry = await client(parameters);
  return perCall(parameters.calls, () => each(registry.catalog(), parameters.count));
}

const itemsOf = ({ tags: ofRepository, repositories: ofRegistry }) => ofRepository ?? ofRegistry;
const urlOf = ({ registry, listing }) => registry + (listing === 'tags' ? TAGS : CATALOG);

export function responseJson(parameters) {
  const url = urlOf(parameters);
  return perCall(parameters.calls, async () =>
    counted(itemsOf(await (await fetch(url)).json()).length, parameters.count),
  );
}

export function decodeAndParse(parameters) {
  const url = urlOf(parameters);
  const decoder = new TextDecoder();
  return perCall(parameters.calls, async () => {
    const text = decoder.decode(await (await fetch(url)).arrayBuffer());
    counted(itemsOf(JSON.parse(text)).length, parameters.count);
  });
}

/** Without any request: the least it can cost to have the items. */
export async function parseAlone(parameters) {
  const body = new Uint8Array(await (await fetch(urlOf(parameters))).arrayBuffer());
  const decoder = new TextDecoder();
  return perCall(parameters.calls, () => counted(itemsOf(JSON.parse(decoder.decode(body))).length, parameters.count));
}
