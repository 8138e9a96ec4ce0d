// Stores and removes logins where docker keeps them: in the helper that its config names, else in the config itself.

import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { refusal } from '../options.js';
import { config as configOf, dockerFile, readDocument } from './config-file.js';
import { HELPER_TIMEOUT as timeout } from './credentials.js';
import { eraseInHelper, helperFor, storeInHelper } from './helper.js';
import { keysFor, namesOf } from './registry-keys.js';

/**
 * Stores a login.
 * @param {string} registry its base URL
 * @param {{ username: string, password: string }} login
 * @returns {Promise<{ file: string, helper?: string }>} where it is now
 */
export async function storeLogin(registry, login) {
  const { file, document, names, helper, auths } = await read(registry);
  if (helper) await storeInHelper({ ...helper, timeout }, login);
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  // As docker does: an empty entry says that the helper has the login.
  auths[names[0]] = helper ? {} : { auth };
  await write(file, { ...document, auths });
  return { file, helper: helper?.name };
}

/**
 * Removes the login.
 * @param {string} registry its base URL
 * @returns {Promise<{ file: string, helper?: string, removed: boolean }>}
 */
export async function eraseLogin(registry) {
  const { file, document, names, helper, auths } = await read(registry);
  const inHelper = helper ? await eraseInHelper({ ...helper, timeout }) : false;
  const keys = keysFor(Object.keys(auths), names, []);
  const inFile = keys.some((key) => Object.keys(auths[key] ?? {}).length > 0);
  for (const key of keys) delete auths[key];
  if (keys.length > 0) await write(file, { ...document, auths });
  return { file, helper: helper?.name, removed: inHelper || inFile };
}

/** @param {string} registry */
async function read(registry) {
  const file = dockerFile();
  if (file === undefined) throw refusal('there is no home folder for a login; DOCKER_CONFIG can name a folder');
  const document = (await readDocument(file)) ?? {};
  const config = configOf(document, file);
  const names = namesOf(registry);
  return { file, document, names, helper: helperFor(config, names), auths: { ...config.auths } };
}

/**
 * Replaces the file as a whole, readable for its owner only.
 * @param {string} file
 * @param {unknown} document
 */
async function write(file, document) {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // The file may be a link into a repository of settings.
    const target = await realpath(file).catch(() => file);
    await replace(target, `${JSON.stringify(document, undefined, '\t')}\n`);
  } catch (/** @type {any} */ { code }) {
    throw refusal(`${file} cannot be written: ${code}`);
  }
}

/**
 * @param {string} target
 * @param {string} text
 */
async function replace(target, text) {
  const before = await stat(target).catch(() => undefined);
  const draft = `${target}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Under sudo the file stays its owner's.
    if (before && before.uid !== (await stat(draft)).uid) await chown(draft, before.uid, before.gid);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
