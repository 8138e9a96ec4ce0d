/** The exit codes. */
export const EXIT = { done: 0, failed: 1, usage: 2, partly: 3 };
