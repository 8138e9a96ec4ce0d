// The options that every command takes.

import { duration, oneOf, proxy, whole } from './values.js';

export const GLOBAL = {
  json: { help: 'JSON instead of text, a failure too' },
  quiet: { help: 'no progress, notes and warnings' },
  color: {
    value: 'WHEN',
    read: oneOf('auto', 'always', 'never'),
    help: 'auto (default: on a terminal, unless NO_COLOR is set), always or never',
  },
  username: { value: 'NAME', help: "who to be; default: docker's and podman's logins" },
  'password-stdin': { help: 'reads the password from the input' },
  'trusted-realm': { value: 'HOST', multiple: true, help: 'a token service elsewhere that may get the credentials' },
  'auth-service-url': {
    value: 'URL',
    help: 'the token service, where that which the registry names is of no use from here',
  },
  'plain-http': { help: 'http, as http:// before the address; default for localhost' },
  ca: { value: 'FILE', multiple: true, help: 'PEM with certificates to trust as well' },
  cert: { value: 'FILE', help: 'PEM with a certificate of the client' },
  key: { value: 'FILE', help: 'PEM with its key' },
  insecure: { help: 'takes any certificate' },
  proxy: { value: 'URL', read: proxy, help: 'or env: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say' },
  concurrency: { value: 'N', read: whole(1), help: 'parallel requests, 6 by default' },
  timeout: { value: 'TIME', read: duration, help: 'until an answer begins, 30s by default' },
  help: { help: 'this, or the help of a command' },
  version: { help: "the package's version" },
};
