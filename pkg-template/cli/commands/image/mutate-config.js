// The changes of an image's config.

import { PROGRAM } from '../../input/help.js';
import { Usage } from '../../input/usage.js';
import { pairs } from '../../input/values.js';

/** @typedef {Record<string, any>} Json */

/** The options that change the config, by their names in camel case. */
const SETTINGS = /** @type {const} */ (['label', 'env', 'entrypoint', 'cmd', 'user', 'workdir', 'setPlatform']);

/** Option names, as in the help, of what is to be changed. */
export const CHANGES = ['label', 'env', 'entrypoint', 'cmd', 'user', 'workdir', 'set-platform', 'annotation', 'append'];

/**
 * Returns what the options change in a config, all checked.
 * @param {Json} options
 * @returns {(config: Json) => Json}
 */
export function configChange(options) {
  const labels = pairs(options.label ?? [], '--label');
  const env = pairs(options.env ?? [], '--env');
  const entrypoint = command(options.entrypoint, '--entrypoint');
  const cmd = command(options.cmd, '--cmd');
  const platform = platformOf(options.setPlatform);
  const { user: User, workdir: WorkingDir } = options;
  return (config) => {
    const before = config.config ?? {};
    return {
      ...config,
      ...platform,
      config: {
        ...before,
        ...given({ User, WorkingDir, Entrypoint: entrypoint, Cmd: cmd }),
        ...(options.env && { Env: withEnv(before.Env ?? [], env) }),
        ...(options.label && { Labels: { ...before.Labels, ...labels } }),
      },
    };
  };
}

/**
 * Adds the layers' diff IDs, and history entries for the changes.
 * @param {Json} config
 * @param {{ options: Json, layers: { diffId: string, file: string }[], created: string }} changes
 * @returns {Json}
 */
export function withHistory(config, { options, layers, created }) {
  const settings = SETTINGS.filter((name) => options[name] !== undefined);
  const entry = (/** @type {string} */ what) => ({ created, created_by: `${PROGRAM} mutate ${what}` });
  const made = [
    ...layers.map(({ file }) => entry(`--append ${file}`)),
    // A value can be long, and stands in the config.
    ...(settings.length > 0 ? [{ ...entry(settings.map(optionOf).join(' ')), empty_layer: true }] : []),
  ];
  const rootfs = { ...config.rootfs, diff_ids: [...config.rootfs.diff_ids, ...layers.map(({ diffId }) => diffId)] };
  return { ...config, created, rootfs, history: [...(config.history ?? []), ...made] };
}

/** The time of the change, which reproducible builds set. */
export function now() {
  const epoch = process.env.SOURCE_DATE_EPOCH;
  if (epoch === undefined || epoch === '') return new Date().toISOString();
  const date = new Date(Number(epoch) * 1000);
  if (!/^\d+$/.test(epoch) || Number.isNaN(date.getTime()))
    throw new Usage('SOURCE_DATE_EPOCH: a number of seconds since 1970 is needed');
  return date.toISOString().replace('.000Z', 'Z');
}

/** @param {string} name */
const optionOf = (name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** @param {object} object */
const given = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

/**
 * Reads a command: JSON, or a single word. An empty text is no command.
 * @param {string | undefined} text
 * @param {string} option
 * @returns {string[] | null | undefined}
 */
function command(text, option) {
  if (text === undefined) return undefined;
  if (text === '') return null;
  if (!text.trimStart().startsWith('[')) return [text];
  const words = parsed(text);
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string'))
    throw new Usage(`${option}: a JSON array of strings is needed, such as '["/bin/sh", "-c"]', or one word`);
  return words;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {string | undefined} text
 * @returns {Json}
 */
function platformOf(text) {
  if (text === undefined) return {};
  const [, os, architecture, variant, version] = /^([\w-]+)\/([\w-]+)(?:\/([\w.-]+))?(?::([\w.-]+))?$/.exec(text) ?? [];
  if (os === undefined) throw new Usage('--set-platform: OS/ARCHITECTURE[/VARIANT][:OSVERSION] is needed');
  // Reset all four fields: JSON omits the undefined ones, so no variant or version of the old platform remains.
  return { os, architecture, variant, 'os.version': version };
}

/**
 * Sets variables where they are, and adds new ones.
 * @param {string[]} before
 * @param {Record<string, string>} env
 */
function withEnv(before, env) {
  const left = new Map(Object.entries(env));
  const after = before.map((text) => {
    const name = text.split('=', 1)[0];
    const value = left.get(name);
    left.delete(name);
    return value === undefined ? text : `${name}=${value}`;
  });
  return [...after, ...[...left].map(([name, value]) => `${name}=${value}`)];
}
