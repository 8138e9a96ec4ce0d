// Stores and removes logins where docker keeps them: in the helper that its config names, else in the config itself.

import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

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
  const { file, names, helper } = await read(registry);
  // Outside of the lock: a helper may ask somebody.
  if (helper) await storeInHelper({ ...helper, timeout }, login);
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  // As docker does: an empty entry says that the helper has the login.
  await change(file, (auths) => {
    auths[names[0]] = helper ? {} : { auth };
    return true;
  });
  return { file, helper: helper?.name };
}

/**
 * Removes the login.
 * @param {string} registry its base URL
 * @returns {Promise<{ file: string, helper?: string, removed: boolean }>}
 */
export async function eraseLogin(registry) {
  const { file, names, helper, auths } = await read(registry);
  const inHelper = helper ? await eraseInHelper({ ...helper, timeout }) : false;
  const keysIn = (/** @type {Record<string, any>} */ entries) => keysFor(Object.keys(entries), names, []);
  // Without an entry there is nothing to lock: the folder may not exist.
  if (keysIn(auths).length === 0) return { file, helper: helper?.name, removed: inHelper };
  let inFile = false;
  await change(file, (entries) => {
    const keys = keysIn(entries);
    inFile = keys.some((key) => Object.keys(entries[key] ?? {}).length > 0);
    for (const key of keys) delete entries[key];
    return keys.length > 0;
  });
  return { file, helper: helper?.name, removed: inHelper || inFile };
}

/** @param {string} registry */
async function read(registry) {
  const file = dockerFile();
  if (file === undefined) throw refusal('there is no home folder for a login; DOCKER_CONFIG can name a folder');
  const config = configOf((await readDocument(file)) ?? {}, file);
  const names = namesOf(registry);
  return { file, names, helper: helperFor(config, names), auths: config.auths };
}

/**
 * Changes the logins of the file as they are now, one process at a time. Docker itself takes no lock, so the file is read again
 * right before it is replaced.
 * @param {string} file
 * @param {(auths: Record<string, any>) => boolean} edit returns whether there is something to write
 */
async function change(file, edit) {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // The file may be a link into a repository of settings.
    const target = await realpath(file).catch(() => file);
    await locked(target, async () => {
      const document = (await readDocument(file)) ?? {};
      const auths = { ...configOf(document, file).auths };
      if (edit(auths)) await replace(target, `${JSON.stringify({ ...document, auths }, undefined, '\t')}\n`);
    });
  } catch (/** @type {any} */ error) {
    throw error.name === 'RegistryError' ? error : refusal(`${file} cannot be written: ${error.code}`);
  }
}

/** Milliseconds that another process may hold the lock. It takes a few. */
const PATIENCE = 5000;

/**
 * Runs a task while no other process of this package changes the file. A lock that stays was left by a process that was
 * killed: it is named and never taken over, since its owner cannot be told from one that is slow.
 * @param {string} target
 * @param {() => Promise<void>} task
 */
async function locked(target, task) {
  const lock = `${target}.lock`;
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      break;
    } catch (/** @type {any} */ error) {
      if (error.code !== 'EEXIST') throw error;
      if (performance.now() > end)
        throw refusal(
          `${lock} exists: another login or logout is running, or was killed; if none runs, remove that file`,
        );
      await pause(10 + 20 * Math.random());
    }
  }
  try {
    await task();
  } finally {
    await rm(lock, { force: true });
  }
}

/**
 * Replaces the file as a whole, readable for its owner only.
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
