import { CONTENT, TAGS } from './servers.mjs';

/** What project/shared/bearer.js has to come to. */
export const BEARER = {
  tags: TAGS,
  blob: CONTENT,
  // The question for the version, the token, the tags after a moment, the blob's redirect, and the storage.
  statuses: [401, 200, 503, 200, 307, 200],
  refused: { code: 'UNAUTHORIZED', status: 401 },
};

/** What project/shared/smoke.js has to come to, wherever it runs. */
export const EXPECTED = {
  tags: TAGS,
  lazy: 'INVALID_REFERENCE',
  authenticated: TAGS,
  opened: true,
  error: true,
  typed: true,
  guarded: true,
  name: 'RegistryError',
  code: 'string',
};
