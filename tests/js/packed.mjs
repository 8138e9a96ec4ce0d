// The package under test, imported by its name from the folder where the packed tarball is installed.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { packPackage } from './pack.mjs';

function folder() {
  if (process.env.PACKED_PACKAGE) return process.env.PACKED_PACKAGE;
  const packed = packPackage();
  process.on('exit', packed.remove);
  return packed.folder;
}

export const packedFolder = folder();
const packed = (file) => import(pathToFileURL(join(packedFolder, file)).href);
export const { DockerRegistryClient, Image, RegistryError, Repository, isRegistryError, parseReference } =
  await packed('by-name.mjs');
export const { connect, createFetch, dockerCredentials } = await packed('node-by-name.mjs');
