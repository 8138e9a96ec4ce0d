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
/** The files of the command line and of ./node, for tests of single functions: the package has them joined. */
export const sources = join(packedFolder, 'sources');
const packed = (file) => import(pathToFileURL(join(packedFolder, file)).href);
const main = await packed('by-name.mjs');
export const { Image, RegistryError, Repository, isRegistryError, parseReference } = main;
export const { connect, createFetch, dockerCredentials, layerIndexFolder, openArchive } =
  await packed('node-by-name.mjs');

/** The client; over the transport that `npm test -- transports` names, unless a test gives a `fetch`. */
export const DockerRegistryClient = await over(process.env.TRANSPORT);

async function over(transport) {
  if (!transport) return main.DockerRegistryClient;
  const fetch = transport === 'node' ? createFetch() : await undiciFetch();
  return class extends main.DockerRegistryClient {
    constructor(host, options) {
      super(host, isPlain(options) ? { fetch, ...options } : options);
    }
  };
}

/** From anything else the client has to make something itself. */
const isPlain = (options) => options === undefined || (options && Object.getPrototypeOf(options) === Object.prototype);

async function undiciFetch() {
  const undici = await import('undici');
  const dispatcher = new undici.Agent();
  const fetch = (url, init) => undici.fetch(url, { ...init, dispatcher });
  return Object.assign(fetch, { duplex: 'half' });
}
