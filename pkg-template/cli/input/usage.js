/** Error of wrong usage. */
export class Usage extends Error {}

/** Failure that the command finds itself, such as a full disk. */
export class Failure extends Error {
  /**
   * @param {string} code as those of a RegistryError
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }
}
