// The entry with what only Node, Deno and Bun can do: docker's logins, private CAs and client certificates, proxies. It
// starts the module through the main entry, so that both export the same classes.

import { located } from '../objects.js';
import { openArchive as open } from './archive.js';
import { connect as connectTo } from './connect.js';
import { dockerCredentials as credentials } from './logins/credentials.js';
import { createFetch as fetchWith } from './fetch.js';
import { layerIndexFolder as folderOf } from './index-folder.js';

export * from '../index.js';
export const connect = located('connect', connectTo);
export const createFetch = located('createFetch', fetchWith);
export const openArchive = located('openArchive', open);
export const dockerCredentials = located('dockerCredentials', credentials);
export const layerIndexFolder = located('layerIndexFolder', folderOf);
