// What somebody wants to push: images in an archive or in a folder with an OCI image layout, or files.

import { explain } from '../../errors.js';

/**
 * `chosen`: `[path, file]` of all files. Resolves to `{ kind: "images", source, images }`, with images as `archiveImages()` lists them, or to
 * `{ kind: "files", files, why }`: `why` a file that may have been meant as an archive is none.
 */
export async function survey(client, chosen, signal) {
  const isLayout = chosen.some(([path]) => /(^|\/)oci-layout$/.test(path));
  if (!isLayout && chosen.length !== 1) return { kind: 'files', files: chosen };
  const [[path, file]] = chosen;
  const source = isLayout ? chosen : file;
  try {
    return { kind: 'images', source, images: await client.archiveImages(source, { signal }) };
  } catch (error) {
    if (error.code !== 'ARCHIVE_INVALID' || isLayout) throw error;
    const isArchive = /\.(tar|tgz|tar\.(gz|zst))$/i.test(path);
    return { kind: 'files', files: chosen, why: isArchive ? explain(error).message : undefined };
  }
}
