// The first Ctrl-C aborts the command, the second one ends the process.

const SIGNALS = { SIGINT: 130, SIGTERM: 143 };

/** Reason of the abort. */
export class Interrupted extends Error {
  /** @param {number} exitCode */
  constructor(exitCode) {
    super('interrupted');
    this.exitCode = exitCode;
  }
}

export function watchInterrupts() {
  const controller = new AbortController();
  for (const [name, code] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort(new Interrupted(code));
    });
  }
  return controller;
}
