// Where docker and podman keep their logins.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { parse } from './json.js';
import { object, refusal } from './options.js';

const ABSENT = ['ENOENT', 'ENOTDIR'];

/** In the order in which they are asked: docker's file, then podman's. */
export function usualFiles() {
  const { DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR } = process.env;
  return [
    join(DOCKER_CONFIG || join(homedir(), '.docker'), 'config.json'),
    REGISTRY_AUTH_FILE,
    XDG_RUNTIME_DIR && join(XDG_RUNTIME_DIR, 'containers', 'auth.json'),
  ].filter(Boolean);
}

/** The file's three parts that are about logins; undefined where there is no file. */
export async function readConfig(path) {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (ABSENT.includes(error.code)) return undefined;
    throw refusal(`${path} cannot be read: ${error.code}`);
  });
  if (text === undefined) return undefined;
  // Windows' editors put a byte order mark in front.
  const json = text.replace(/^\ufeff/, '');
  const config = object(json.trim() === '' ? {} : parse(json, (place) => refusal(`${path}: no JSON at ${place}`)), path);
  const { auths, credHelpers, credsStore } = config;
  if (credsStore !== undefined && typeof credsStore !== 'string') throw refusal(`${path}: credsStore: a string is needed`);
  return {
    path,
    auths: object(auths ?? {}, `${path}: auths`),
    credHelpers: object(credHelpers ?? {}, `${path}: credHelpers`),
    credsStore,
  };
}
