// Puts content into a registry with plain fetch (distribution-spec v1.1.1, "Push"): independent of the package under test.

/** The first word of a registry about what it refused. */
async function refuse(what, response) {
  throw new Error(`${what}: ${response.status} ${(await response.text()).slice(0, 300)}`);
}

/**
 * @param {string} registry base URL
 * @param {{ authorization?: string, patch?: boolean, byDigest?: boolean }} [options] `patch`: the registry takes no PUT with a
 *   blob's bytes; `byDigest: false`: nor manifests but under tags
 */
export function pusher(registry, { authorization, patch = false, byDigest = true } = {}) {
  const send = (path, method, body, headers = {}) =>
    fetch(new URL(path, registry), { method, body, headers: { ...headers, ...(authorization && { authorization }) } });

  // What is named by its digest goes up once: distribution, while it checks a manifest, trips over a second upload of what
  // that manifest refers to.
  const sent = new Map();
  function once(repository, digest, task) {
    const key = `${repository}@${digest}`;
    if (!sent.has(key)) sent.set(key, task());
    return sent.get(key);
  }

  const blob = (repository, content) => once(repository, content.descriptor.digest, () => upload(repository, content));

  async function upload(repository, { bytes, descriptor: { digest } }) {
    const start = await send(`/v2/${repository}/blobs/uploads/`, 'POST');
    if (start.status !== 202) await refuse(`POST of an upload to ${repository}`, start);
    await start.arrayBuffer();
    let location = new URL(start.headers.get('location'), start.url);
    if (patch) {
      const chunk = await send(location, 'PATCH', bytes, { 'content-type': 'application/octet-stream' });
      if (chunk.status !== 202) await refuse(`PATCH of ${digest} to ${repository}`, chunk);
      await chunk.arrayBuffer();
      location = new URL(chunk.headers.get('location'), chunk.url);
    }
    location.searchParams.set('digest', digest);
    const end = await send(location, 'PUT', patch ? undefined : bytes, { 'content-type': 'application/octet-stream' });
    if (end.status !== 201) await refuse(`PUT of ${digest} to ${repository}`, end);
    await end.arrayBuffer();
  }

  /** A manifest under its digest, after all that it refers to. */
  const complete = (repository, content) =>
    once(repository, content.digest, async () => {
      await Promise.all(content.blobs.map((one) => blob(repository, one)));
      for (const child of content.children) await complete(repository, child);
      if (byDigest) await tagAs(repository, content, content.digest);
    });

  /** A manifest under a tag, after all that it refers to. */
  async function push(repository, content, tag) {
    await complete(repository, content);
    await tagAs(repository, content, tag);
  }

  /** The manifest alone: what it refers to is there already. */
  async function tagAs(repository, { bytes, mediaType }, tag) {
    const response = await send(`/v2/${repository}/manifests/${tag}`, 'PUT', bytes, { 'content-type': mediaType });
    if (response.status !== 201) await refuse(`PUT of ${repository}:${tag}`, response);
    await response.arrayBuffer();
  }

  /** Deletes a manifest, and with it every tag that points to it. */
  async function remove(repository, digest) {
    const response = await send(`/v2/${repository}/manifests/${digest}`, 'DELETE');
    if (response.status !== 202) await refuse(`DELETE of ${repository}@${digest}`, response);
    await response.arrayBuffer();
  }

  return { blob, push, tagAs, remove };
}

/** Runs `task` over all items, a few at a time. */
export async function eachOf(items, task, parallel = 8) {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (const item of iterator) await task(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}
