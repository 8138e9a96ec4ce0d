// Reads the files in which docker and podman keep their logins (docker's cli/config; containers-auth.json(5)).

import { homedir } from 'node:os';
import { join } from 'node:path';

import { fs } from '../builtin.js';
import { parse } from './json.js';
import { object, refusal } from '../options.js';

/**
 * The three parts of a config that are about logins.
 * @typedef {object} Config
 * @property {string} path its name in messages
 * @property {Record<string, any>} auths
 * @property {Record<string, any>} credHelpers
 * @property {string} [credsStore]
 */

const ABSENT = ['ENOENT', 'ENOTDIR'];
const VARIABLE = 'DOCKER_AUTH_CONFIG';

/**
 * Lists the files in the order of precedence: docker's, then podman's.
 * @returns {string[]}
 */
export function usualFiles() {
  const { REGISTRY_AUTH_FILE, XDG_CONFIG_HOME, XDG_RUNTIME_DIR } = process.env;
  const user = userId();
  const home = homeFolder();
  const settings = XDG_CONFIG_HOME || (home && join(home, '.config'));
  const files = [
    dockerFile(),
    REGISTRY_AUTH_FILE,
    XDG_RUNTIME_DIR && join(XDG_RUNTIME_DIR, 'containers', 'auth.json'),
    // Where podman writes without XDG_RUNTIME_DIR, usually as root.
    user !== undefined && `/run/containers/${user}/auth.json`,
    settings && join(settings, 'containers', 'auth.json'),
  ];
  return [...new Set(files.flatMap((file) => file || []))];
}

/** Returns the name of docker's own file; undefined without a home folder. */
export function dockerFile() {
  const home = homeFolder();
  const folder = process.env.DOCKER_CONFIG || (home && join(home, '.docker'));
  return folder && join(folder, 'config.json');
}

/** Returns undefined for a user that has none, as in containers with an arbitrary user id. */
function homeFolder() {
  try {
    return homedir() || undefined;
  } catch {
    return undefined;
  }
}

/** Returns undefined on Windows, and without permission in Deno. */
function userId() {
  try {
    return process.getuid?.();
  } catch {
    return undefined;
  }
}

/** Reads the environment variable that replaces a file (docker 28.3, GitLab's runner). */
export function variableConfig() {
  const text = process.env[VARIABLE];
  const name = `environment variable ${VARIABLE}`;
  return text && config(parsed(text, name), name);
}

/**
 * Returns undefined if there is no file.
 * @param {string} path
 */
export async function readConfig(path) {
  const document = await readDocument(path);
  return document && config(document, path);
}

/**
 * Returns all that the file has; undefined if there is none.
 * @param {string} path
 */
export async function readDocument(path) {
  const { readFile } = fs();
  const text = await readFile(path, 'utf8').catch((error) => {
    // A usual place that Deno may not read counts as empty.
    if (ABSENT.includes(error.code) || error.name === 'NotCapable') return undefined;
    throw refusal(`${path} cannot be read: ${error.code}`);
  });
  return text === undefined ? undefined : parsed(text, path);
}

/**
 * @param {string} text
 * @param {string} path its name in messages
 */
function parsed(text, path) {
  // Editors on Windows write a byte order mark.
  const json = text.replace(/^\ufeff/, '');
  return object(json.trim() === '' ? {} : parse(json, (place) => refusal(`${path}: no JSON at ${place}`)), path);
}

/**
 * Returns the three parts that concern logins.
 * @param {Record<string, any>} document
 * @param {string} path its name in messages
 * @returns {Config}
 */
export function config({ auths, credHelpers, credsStore }, path) {
  if (credsStore !== undefined && typeof credsStore !== 'string')
    throw refusal(`${path}: credsStore: a string is needed`);
  return {
    path,
    auths: object(auths ?? {}, `${path}: auths`),
    credHelpers: object(credHelpers ?? {}, `${path}: credHelpers`),
    credsStore,
  };
}
