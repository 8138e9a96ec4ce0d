// The package under test, imported by its name from the folder where the packed tarball is installed.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { authority } from '../../registries/over-tls.mjs';
import { packPackage } from './pack.mjs';

function folder() {
  if (process.env.PACKED_PACKAGE) return process.env.PACKED_PACKAGE;
  const packed = packPackage();
  process.on('exit', packed.remove);
  // Processes that a test starts use the same.
  process.env.PACKED_PACKAGE = packed.folder;
  return packed.folder;
}

export const packedFolder = folder();
/** This module's URL, for processes that a test starts: they use the same transport. */
export const packedModule = import.meta.url;
/** The files of the command line and of ./node, for tests of single functions: the package has them joined. */
export const sources = join(packedFolder, 'sources');
const packed = (file) => import(pathToFileURL(join(packedFolder, file)).href);
const main = await packed('by-name.mjs');
export const { Image, RegistryError, Repository, isRegistryError, parseReference } = main;
export const { connect, createFetch, dockerCredentials, layerIndexFolder, openArchive } =
  await packed('node-by-name.mjs');

/** Makes a `fetch` of ./node: over HTTP/2 if that is tested. */
export const openFetch = () => createFetch(authority && { ca: authority.ca, http2: true });

/** The `fetch` of the transport that `npm test -- transports` names; else the host's own. */
export const transportFetch = await fetchOver(process.env.TRANSPORT);

/** The client, which uses it unless a test gives a `fetch`. */
export const DockerRegistryClient = over(process.env.TRANSPORT);

async function fetchOver(transport) {
  if (!transport) return (url, init) => globalThis.fetch(url, init);
  return transport === 'undici' ? await undiciFetch() : openFetch();
}

function over(transport) {
  if (!transport) return main.DockerRegistryClient;
  return class extends main.DockerRegistryClient {
    constructor(host, options) {
      super(host, isPlain(options) ? { fetch: transportFetch, ...options } : options);
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
