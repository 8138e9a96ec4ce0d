// Prints failures, and chooses exit codes.

import { EXIT, exitFor } from './exit.js';
import { Failure, Usage } from './input/usage.js';
import { PROGRAM } from './input/help.js';
import { Stopped } from './commands/in-turn.js';
import { Interrupted } from './interrupt.js';
import { GLOBAL } from './input/global.js';
import { inOurWords } from './output/words.js';

/**
 * @import { Command } from './commands.js'
 * @import { Output } from './output/output.js'
 */

const LOG_IN =
  'Log in with the command login, docker login or podman login, or give --username and --password-stdin, or --token-stdin.';

const LOG_IN_TO_EACH =
  'Log in with the command login, docker login or podman login, or give --source-username and --source-password-file, ' +
  'or --target-username and --target-password-file.';

/** System codes of a host that answers https with something other than TLS. */
const NO_TLS = ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'];
/** System codes of a certificate whose authority is not trusted. */
const UNKNOWN_AUTHORITY = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
];

/** @type {Record<string, string>} */
const ADVICE = {
  AUTH_REQUIRED: LOG_IN,
  UNAUTHORIZED: LOG_IN,
  NO_MATCHING_PLATFORM: 'inspect without --platform shows the platforms.',
  UNTRUSTED_REALM: '--trusted-realm HOST lets the token service receive the credentials.',
};

/**
 * @param {any} error
 * @returns {string}
 */
function codeOf(error) {
  if (error instanceof Usage) return 'USAGE';
  if (error instanceof Failure) return error.code;
  if (error instanceof Interrupted) return 'INTERRUPTED';
  return error?.name === 'RegistryError' ? error.code : 'INTERNAL';
}

/**
 * @param {any} error
 * @returns {number}
 */
export function exitCode(error) {
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof Stopped) {
    const isPartly = error.done.length > 0 && !(error.cause instanceof Interrupted);
    return isPartly ? EXIT.partly : exitCode(error.cause);
  }
  if (error instanceof Usage) return EXIT.usage;
  return error instanceof Failure || error?.name === 'RegistryError' ? exitFor(error) : EXIT.failed;
}

/**
 * @param {any} error
 * @param {Command} [command]
 */
function advice(error, command) {
  const code = codeOf(error);
  if (code === 'USAGE') return `See ${[PROGRAM, command?.name, '--help'].filter(Boolean).join(' ')}`;
  const { systemCode = '', missing } = error?.details ?? {};
  if (NO_TLS.includes(systemCode)) {
    return 'The registry may speak plain http: --plain-http, or http:// before its address.';
  }
  if (UNKNOWN_AUTHORITY.includes(systemCode)) return '--ca FILE does the same for one call.';
  if (missing) return 'A registry under a path is HOST/PATH//REPOSITORY.';
  if (ADVICE[code] === LOG_IN) {
    if (command?.name === 'login') return 'The registry did not accept the user name and the password.';
    if (command?.options && 'source-username' in command.options) return LOG_IN_TO_EACH;
  }
  // The message names the platforms of the archive.
  if (code === 'NO_MATCHING_PLATFORM' && command?.name === 'load') return undefined;
  return ADVICE[code];
}

/**
 * Converts a failure for JSON.
 * @param {any} error
 */
const asJson = (error) =>
  error?.name === 'RegistryError' ? error.toJSON() : { code: codeOf(error), message: messageOf(error) };

const messageOf = (/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error));

/**
 * Prints one line for people, and everything for programs.
 * @param {unknown} error
 * @param {{ output: Output, command?: Command }} call
 */
export function report(error, { output, command }) {
  /** @type {{ cause?: any, done?: string[], failed?: string, remaining?: string[] }} */
  const { cause = error, done, failed, remaining } = error instanceof Stopped ? error : {};
  const code = codeOf(cause);
  const message = inOurWords(messageOf(cause), { ...command?.options, ...GLOBAL });
  output.failure({ error: { ...asJson(cause), message }, done, failed, remaining });
  // The registry's own message repeats its code.
  output.error(code, message.replaceAll(`: ${code}: `, ': '));
  if (failed !== undefined) {
    output.advice(`Done: ${list(done)}. ${whatOf(cause)}: ${failed}. Not tried: ${list(remaining)}.`);
  } else if (done !== undefined) {
    output.advice(`Done: ${list(done)}. Not done or unknown: ${list(remaining)}.`);
  }
  const hint = advice(cause, command);
  if (hint) output.advice(hint);
  if (process.env.DEBUG && cause?.stack) output.advice(cause.stack);
}

const list = (/** @type {string[]} */ items = []) => (items.length > 0 ? items.join(' ') : 'none');
/** After an interrupt, the outcome of the last request is unknown. */
const whatOf = (/** @type {unknown} */ cause) => (cause instanceof Interrupted ? 'Possibly done' : 'Failed');
