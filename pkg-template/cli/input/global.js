// The options that every command takes.

import { template } from '../output/template.js';
import { duration, proxy, whole } from './values.js';

/** @type {Record<string, import('../commands.js').Option>} */
export const GLOBAL = {
  json: { help: 'prints JSON, for failures too; lists as one object per line' },
  format: {
    value: 'TEMPLATE',
    read: template,
    help: "prints fields of the JSON, for lists in a line for each object: '{{.tag}} {{.digest}}'",
  },
  quiet: { help: 'prints no progress, notes or warnings' },
  verbose: { short: 'v', help: 'prints each request with its status and time; without secrets' },
  color: {
    value: 'WHEN',
    choices: ['auto', 'always', 'never'],
    help: 'auto (default: on a terminal, unless NO_COLOR is set), always or never',
  },
  username: { value: 'NAME', help: "logs in as this user; default: docker's and podman's logins" },
  'password-stdin': { help: 'reads the password from standard input' },
  'token-stdin': { help: 'reads a bearer token for the registry from standard input' },
  'trusted-realm': {
    value: 'HOST',
    multiple: true,
    api: 'trustedRealms',
    help: 'a token service outside the domain that may receive the credentials',
  },
  'auth-service-url': {
    value: 'URL',
    help: 'uses this token service instead of the one that the registry names',
  },
  'plain-http': { help: 'uses http, as with http:// in front of the address; default for localhost' },
  ca: { value: 'FILE', multiple: true, help: 'PEM file with further certificates to trust' },
  cert: { value: 'FILE', help: 'PEM file with the client certificate' },
  key: { value: 'FILE', help: 'PEM file with its private key' },
  insecure: { api: 'rejectUnauthorized', help: 'accepts any certificate' },
  proxy: { value: 'URL', read: proxy, help: 'uses this proxy; env: HTTPS_PROXY, HTTP_PROXY and NO_PROXY' },
  concurrency: { value: 'N', read: whole(1), help: 'at most so many parallel requests, 64 by default' },
  timeout: { value: 'TIME', read: duration, help: 'time until a response begins, 30s by default' },
  retry: { value: 'N', read: whole(0, 99), help: 'how often a failed request is sent again, 4 times by default' },
  help: { short: 'h', help: 'shows this help, or that of a command' },
  version: { help: 'shows the version of the package' },
};
