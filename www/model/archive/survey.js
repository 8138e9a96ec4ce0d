// What somebody wants to push: an archive of images, a folder with an OCI image layout, or files. Only its documents are read; the package
// verifies everything when it pushes.

import { platformName } from '../../text/format.js';
import { kindOf, membersOf, Unreadable } from './tar.js';

const IMAGE_NAME = 'io.containerd.image.name';
const REF_NAME = 'org.opencontainers.image.ref.name';

/**
 * `chosen`: `[path, file]` of all files. Resolves to
 * - `{ kind: "images", source, images }`: images as `{ reference, names, platforms, blobs, size, format }`; `reference` chooses one for `load()`,
 * - `{ kind: "unseen", source, why }`: an archive that only the package can look into,
 * - `{ kind: "files", files }`.
 */
export async function survey(chosen, signal) {
  const files = below(chosen);
  if (files.some(([path]) => path === 'index.json') && files.some(([path]) => path === 'oci-layout'))
    return imagesIn({ source: files, documents: documentsOf(files) });
  if (chosen.length !== 1) return { kind: 'files', files: chosen };
  const [[, file]] = chosen;
  const kind = await kindOf(file);
  if (kind === undefined) return { kind: 'files', files: chosen };
  if (kind === 'zstd') return { kind: 'unseen', source: file, why: 'it is compressed with zstd', files: chosen };
  try {
    const members = await membersOf(file, kind, signal);
    // A tar of something else is a file like any other.
    if (!members.has('index.json') && !members.has('manifest.json')) return { kind: 'files', files: chosen };
    return await imagesIn({ source: file, documents: members });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unreadable || error instanceof SyntaxError || error instanceof TypeError)
      return { kind: 'unseen', source: file, why: error.message, files: chosen };
    throw error;
  }
}

/** Without the folder that was chosen. */
function below(chosen) {
  const [root] = chosen.map(([path]) => path).filter((path) => path.endsWith('/oci-layout'));
  const prefix = root?.slice(0, -'oci-layout'.length) ?? '';
  return chosen.filter(([path]) => path.startsWith(prefix)).map(([path, file]) => [path.slice(prefix.length), file]);
}

const documentsOf = (files) =>
  new Map(
    files.map(([path, file]) => [
      path,
      { size: file.size, bytes: async () => new Uint8Array(await file.arrayBuffer()) },
    ]),
  );

async function imagesIn({ source, documents }) {
  const read = async (path) => {
    const found = documents.get(path);
    if (!found?.bytes) return undefined;
    return JSON.parse(new TextDecoder().decode(await found.bytes()));
  };
  const images = documents.has('index.json') ? await ofLayout(read, documents) : await ofDocker(read, documents);
  return { kind: 'images', source, images };
}

const pathOf = (digest) => `blobs/${String(digest).replace(':', '/')}`;
const total = (blobs) => [...blobs.values()].reduce((sum, size) => sum + size, 0);

/** Several entries with one name, each for a platform of its own, are one image: so the package takes them, too. */
async function ofLayout(read, documents) {
  const { manifests: entries = [] } = await read('index.json');
  const names = namesOf(entries[0]);
  const isOne =
    entries.length > 1 &&
    new Set(entries.map(({ platform }) => platformName(platform))).size === entries.length &&
    entries.every((entry) => entry.platform && String(namesOf(entry)) === String(names));
  if (isOne) return [await imageOf({ read, entries, names, reference: undefined })];
  const byDigest = new Map();
  for (const entry of entries) {
    const known = byDigest.get(entry.digest) ?? { entry, names: [] };
    known.names.push(...namesOf(entry));
    byDigest.set(entry.digest, known);
  }
  return Promise.all(
    [...byDigest.values()].map(({ entry, names: ofOne }) =>
      imageOf({ read, entries: [entry], names: ofOne, reference: entry.digest, documents }),
    ),
  );
}

const namesOf = ({ annotations } = {}) => [annotations?.[IMAGE_NAME] || annotations?.[REF_NAME]].filter(Boolean);

async function imageOf({ read, entries, names, reference }) {
  const blobs = new Map();
  const platforms = new Set();
  let manifests = 0;
  const visit = async ({ digest, size, platform }, depth) => {
    const manifest = depth < 8 ? await read(pathOf(digest)) : undefined;
    manifests += size;
    if (!manifest) return;
    const { config, layers = [], manifests: children = [] } = manifest;
    for (const blob of [config, ...layers]) if (blob && !blob.urls) blobs.set(blob.digest, blob.size);
    if (children.length === 0) platforms.add(platformName(platform ?? (config && (await read(pathOf(config.digest))))));
    for (const child of children) await visit(child, depth + 1);
  };
  for (const entry of entries) await visit(entry, 0);
  return {
    reference,
    names,
    digest: entries.length === 1 ? entries[0].digest : undefined,
    platforms: [...platforms].filter((platform) => platform && !platform.startsWith('unknown')),
    blobs,
    size: total(blobs) + manifests,
    format: 'OCI image layout',
  };
}

/** `docker save` before version 25. Its layers are not compressed, so that a layer's digest is its diff ID. */
async function ofDocker(read, documents) {
  const list = await read('manifest.json');
  return Promise.all(
    list.map(async ({ Config: path, RepoTags: names, Layers: layers = [] }) => {
      const config = await read(path);
      const ids = config?.rootfs?.diff_ids ?? [];
      const blobs = new Map(layers.map((layer, at) => [ids[at] ?? layer, documents.get(layer)?.size ?? 0]));
      const [, hex] = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(path) ?? [];
      if (hex) blobs.set(`sha256:${hex}`, documents.get(path)?.size ?? 0);
      return {
        reference: names?.[0],
        names: names ?? [],
        platforms: [platformName(config)].filter(Boolean),
        blobs,
        size: total(blobs),
        format: 'docker save',
      };
    }),
  );
}
