/** The functions of core.js that only lazy-loaded code calls. */
export function planOf(json: string, policy: unknown, apply: Function): object;
export function describe(json: string): object;
