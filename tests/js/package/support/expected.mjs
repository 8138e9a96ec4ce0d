import { TAGS } from './servers.mjs';

/** What project/smoke.js has to come to, wherever it runs. */
export const EXPECTED = {
  tags: TAGS,
  opened: true,
  error: true,
  typed: true,
  guarded: true,
  name: 'RegistryError',
  code: 'string',
};
