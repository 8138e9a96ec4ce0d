// Looks inside images: what every host has to manage where it decompresses, hashes and requests parts of a layer.

export async function contents({ DockerRegistryClient }, registry) {
  const repository = new DockerRegistryClient(registry).repository('in/side');
  const [one, two] = [await repository.image('one'), await repository.image('two')];
  const paths = [];
  for await (const { path, kind, size, layer } of one.files()) paths.push(`${layer} ${kind} ${size} ${path}`);
  // The first file of a layer reads all of it, and indexes it: the second comes in a part.
  const first = await sha256(await one.readFile('/usr/first'));
  const second = await sha256(await one.readFile('/usr/second'));
  const streamed = await sha256(await bytesOf(await one.fileStream('/usr/first')));
  const zstd = new TextDecoder().decode(await (await repository.image('zstd')).readFile('b.txt'));
  const { config, files, layers } = await one.diff(two, { ignoreTimes: true });
  const damaged = await repository
    .image('damaged')
    .then((image) => image.readFile('/usr/first'))
    .catch(({ code }) => code);
  return {
    paths,
    first,
    second,
    streamed,
    zstd,
    exported: listed(await bytesOf(await two.exportTar())),
    shared: layers.shared.length,
    config: config.map(({ field, before, after }) => `${field} ${before} ${after}`),
    files: files.map(({ change, path }) => `${change} ${path}`),
    wasted: (await two.waste()).wasted,
    missing: await one.readFile('/none').catch(({ code }) => code),
    damaged,
  };
}

async function bytesOf(stream) {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Names and sizes of an archive of POSIX ustar. */
function listed(archive) {
  const text = (at, length) => new TextDecoder().decode(archive.subarray(at, at + length)).split('\0', 1)[0];
  const entries = [];
  for (let at = 0; archive[at]; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    entries.push(`${size} ${text(at, 100)}`);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return entries;
}
