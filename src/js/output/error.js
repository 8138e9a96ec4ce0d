// The one error class of the package: every entry re-exports this one.

/** @import { ErrorDetails, RegistryError as Thrown, RegistryErrorItem } from '../../../pkg-template/index.js' */
/** @typedef {{ reason?: string, details?: ErrorDetails, status?: number, method?: string, url?: string, errors?: RegistryErrorItem[], retryAfter?: number }} Known */

/** @type {readonly RegistryErrorItem[]} */
const NO_ERRORS = Object.freeze([]);
/** A message about an argument begins with its place: "options.retry.attempts: …". */
const PLACE = /^[a-z]\w*(?:\.\w+|\[\d+\])*(?=: )/;

export class RegistryError extends Error {
  /** @param {string} code @param {string} message @param {Known} [known] */
  constructor(code, message, { reason = message, details, status, method, url, errors, retryAfter } = {}) {
    super(message);
    // A registry may use the code too.
    const [argument] = (code === 'INVALID_ARGUMENT' && status === undefined && PLACE.exec(message)) || [];
    if (argument) details = Object.freeze({ argument, ...details });
    const own = { code, reason, details, status, method, url, errors, retryAfter };
    for (const [key, value] of Object.entries(own)) {
      if (value !== undefined) {
        // Printed, the reason would repeat the message.
        const enumerable = key !== 'reason';
        Object.defineProperty(this, key, { value, writable: true, enumerable, configurable: true });
      }
    }
  }

  /**
   * The error whose `toJSON()` another realm sent.
   * @param {unknown} json
   */
  static from(json) {
    const { code, message, ...rest } = Object(json);
    if (typeof code !== 'string' || typeof message !== 'string') {
      throw new RegistryError('INVALID_ARGUMENT', 'json: the result of toJSON() of a RegistryError is needed');
    }
    return new RegistryError(code, message, rest);
  }

  /**
   * Returns the fields for a log, without the stack.
   * @this {Thrown}
   */
  toJSON() {
    const { name, code, message, reason, details, status, method, url, errors, retryAfter } = this;
    return { name, code, message, reason, details, status, method, url, errors, retryAfter };
  }
}

// On the prototype, as with the language's own errors; what an error doesn't know is not in its way when printed.
for (const [key, value] of Object.entries({
  name: 'RegistryError',
  details: Object.freeze({}),
  status: undefined,
  method: undefined,
  url: undefined,
  errors: NO_ERRORS,
  retryAfter: undefined,
})) {
  Object.defineProperty(RegistryError.prototype, key, { value, writable: true, configurable: true });
}

/**
 * By name and code instead of `instanceof`: also true for an error of another realm or another copy of the package.
 * @param {{ name?: unknown, code?: unknown } | null | undefined} value any value
 */
export function isRegistryError(value) {
  return (
    typeof value === 'object' && value !== null && value.name === 'RegistryError' && typeof value.code === 'string'
  );
}
