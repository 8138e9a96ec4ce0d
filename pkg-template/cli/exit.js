// The exit codes, and which failure has which.

/** @typedef {keyof typeof EXIT} Outcome */

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  partly: 3,
  notFound: 4,
  denied: 5,
  conflict: 6,
  unavailable: 7,
  wouldChange: 8,
  /** As for a program that SIGPIPE ends. */
  closedPipe: 141,
};

/** For the help. */
export const MEANINGS = [
  [EXIT.done, 'success'],
  [EXIT.failed, 'failure of another kind'],
  [EXIT.usage, 'wrong usage'],
  [EXIT.partly, 'partly done'],
  [EXIT.notFound, 'not found'],
  [EXIT.denied, 'login missing, refused or without permission'],
  [EXIT.conflict, 'conflict: something is not as expected, or is in use'],
  [EXIT.unavailable, 'network failure, time-out, rate limit or failing registry: try again later'],
  [EXIT.wouldChange, '--exit-code: there is something to remove, or a difference; --fail-above: more is wasted'],
  [130, 'interrupted by Ctrl-C'],
  [EXIT.closedPipe, 'nobody reads the rest of the output'],
  [143, 'interrupted by SIGTERM'],
];

/**
 * Codes of the client and of registries.
 * @type {Partial<Record<Outcome, string[]>>}
 */
const CODES = {
  // Their status may be 404.
  failed: ['INVALID_RESPONSE', 'UNSUPPORTED'],
  usage: ['INVALID_REFERENCE', 'INVALID_ARGUMENT', 'NAME_INVALID'],
  notFound: ['NOT_FOUND', 'NAME_UNKNOWN', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN', 'NO_MATCHING_PLATFORM'],
  denied: ['AUTH_REQUIRED', 'UNAUTHORIZED', 'DENIED', 'UNTRUSTED_REALM'],
  conflict: ['CONFLICT', 'IN_USE'],
  unavailable: ['NETWORK', 'TIMEOUT', 'TRUNCATED', 'RATE_LIMITED', 'TOOMANYREQUESTS'],
};

/**
 * For codes that a registry invents.
 * @type {Partial<Record<Outcome, (status: number) => boolean>>}
 */
const STATUSES = {
  notFound: (status) => status === 404,
  denied: (status) => status === 401 || status === 403,
  conflict: (status) => status === 409 || status === 412,
  unavailable: (status) => status === 429 || status >= 500,
};

/**
 * Returns the exit code for an error of the client.
 * @param {{ code: string, status?: number }} error
 */
export function exitFor({ code, status }) {
  const outcomes = /** @type {Outcome[]} */ (Object.keys(EXIT));
  const outcome =
    outcomes.find((outcome) => CODES[outcome]?.includes(code)) ??
    outcomes.find((outcome) => status !== undefined && STATUSES[outcome]?.(status));
  return EXIT[outcome ?? 'failed'];
}
