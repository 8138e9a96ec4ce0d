// Functions of the caller that are told something.

/**
 * Calls one. What it throws, or what a promise of its rejects with, is reported, and breaks no call.
 * @param {(value: unknown) => unknown} callback
 * @param {unknown} value
 * @param {string} name
 */
export function tell(callback, value, name) {
  /** @param {unknown} thrown */
  const report = (thrown) => {
    try {
      console.error(`docker-registry-client-wasm: ${name} threw`, thrown);
    } catch {
      // a console that throws
    }
  };
  try {
    const returned = callback(value);
    // Any thenable, of whichever realm.
    if (Object(returned) === returned) new Promise((resolve) => resolve(returned)).catch(report);
  } catch (thrown) {
    report(thrown);
  }
}
