// The package's program, as npm installs it, run as a child process.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packedFolder } from '../support/packed.mjs';

const PROGRAM = join(packedFolder, 'node_modules', '.bin', 'docker-registry-client-wasm');
export const installed = join(packedFolder, 'node_modules', 'docker-registry-client-wasm');
export const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));

/** Nothing of docker's logins, proxies and colors of whoever runs the tests. */
const env = { PATH: process.env.PATH, HOME: packedFolder, NO_PROXY: '*' };

/** The running program; `input` is written to it. `keepOpen`: more may follow. */
export function start(args, { input = '', env: more, stdio = 'pipe', keepOpen = false, cwd = packedFolder } = {}) {
  const child = spawn(PROGRAM, args, { cwd, env: { ...env, ...more }, stdio });
  child.stdin?.on('error', () => {});
  if (!keepOpen) child.stdin?.end(input);
  return child;
}

/**
 * Runs it to its end.
 * @returns {Promise<{ code: number | null, signal: string | null, out: string, err: string }>}
 */
export async function cli(args, options) {
  const child = start(typeof args === 'string' ? args.split(' ').filter(Boolean) : args, options);
  return ended(child);
}

/** The output of a run that has to go well and to say nothing else. */
export async function done(args, options) {
  const { code, out, err } = await cli(args, options);
  assert.deepEqual([code, err], [0, ''], `${args}: ${err}`);
  return out;
}

/** Runs what has to be refused: with this exit code, no output, and a message that matches. */
export async function refused(args, exit, message, options) {
  const { code, out, err } = await cli(args, options);
  assert.deepEqual([code, out], [exit, ''], `${args}: ${err}`);
  assert.match(err, message);
}

/** @param {[args: string, exit: number, message: RegExp][]} cases */
export const allRefused = (cases, options) =>
  Promise.all(cases.map(([args, exit, message]) => refused(args, exit, message, options)));

export async function ended(child) {
  const text = (stream) => {
    const chunks = [];
    stream?.on('data', (chunk) => chunks.push(chunk));
    return () => Buffer.concat(chunks);
  };
  const [out, err] = [text(child.stdout), text(child.stderr)];
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...how) => resolve(how));
  });
  return { code, signal, out: out().toString(), err: err().toString(), bytes: out() };
}

/**
 * Runs it on a terminal. Each answer is typed when its question has appeared.
 * @param {string} args
 * @param {[question: string, answer: string][]} [dialog]
 * @param {Record<string, string>} [more] of its environment
 * @param {string} [cwd]
 */
export async function onTerminal(args, dialog = [], more = {}, cwd = undefined) {
  const child = spawn('script', ['-qec', `${PROGRAM} ${args}`, '/dev/null'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm', ...more },
    cwd,
  });
  const questions = [...dialog];
  let seen = '';
  child.stdout.on('data', (chunk) => {
    seen += chunk;
    if (questions.length === 0 || !seen.includes(questions[0][0])) return;
    seen = '';
    child.stdin.write(questions.shift()[1]);
  });
  return ended(child);
}

/** The objects of JSON lines. */
export const objects = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** The cells of a printed table, by line; columns are two spaces apart. */
export const cells = (text) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
