// The entry with what only Node, Deno and Bun can do: docker's logins, private CAs and client certificates, proxies. It
// starts the module through the main entry, so that both export the same classes.

export * from '../index.js';
export { connect } from './connect.js';
export { dockerCredentials } from './logins/credentials.js';
export { createFetch } from './fetch.js';
