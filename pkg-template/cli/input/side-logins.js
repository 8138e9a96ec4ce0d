// The options for commands between two registries, each with a login of its own. `connect(host, { side })` uses them.

/** @type {Record<string, import('../commands.js').Option>} */
export const SIDE_LOGINS = {
  'source-username': { value: 'NAME', help: 'logs in to the source as this user' },
  'source-password-file': { value: 'FILE', help: 'file with its password' },
  'target-username': { value: 'NAME', help: 'logs in to the target as this user' },
  'target-password-file': { value: 'FILE', help: 'file with its password' },
};

/** Whether the options have a login for one side only. */
export const hasSideLogin = (/** @type {Record<string, any>} */ options) =>
  ['sourceUsername', 'targetUsername', 'sourcePasswordFile', 'targetPasswordFile'].some((name) => name in options);
