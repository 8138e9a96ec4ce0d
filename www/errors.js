// Explains errors to the user: what happened, and what to do.

import { isRegistryError } from 'docker-registry-client-wasm';

const ADVICE = {
  NETWORK: 'The registry cannot be reached. Check the address and the port, and that the registry is running.',
  CORS_OR_NETWORK:
    'Nothing responds there, or the registry does not allow this page to read its responses (CORS). Check the address, or start this page with “npm start -- --registry ADDRESS”, which puts the registry behind a proxy.',
  TIMEOUT: 'The registry did not respond in time. Try again, or check the address and the port.',
  INVALID_RESPONSE: 'The response does not follow the registry protocol. Is this the address of a registry?',
  NOT_FOUND: 'The registry does not have this. Check the name and the address.',
  AUTH_REQUIRED: 'This registry requires a login. Enter a user and a password.',
  UNAUTHORIZED: 'This registry requires a login. Enter a user and a password with permission to read this.',
  UNTRUSTED_REALM: 'The registry wants the credentials sent to a host outside its own domain. They were not sent.',
  DENIED: 'These credentials do not permit reading this.',
  NAME_UNKNOWN: 'The registry has no repository with this name.',
  MANIFEST_UNKNOWN: 'The repository has no such tag or digest. It may have been deleted.',
  BLOB_UNKNOWN: 'The registry does not have this blob.',
  NAME_INVALID: 'A repository name consists of lower-case letters, digits, “.”, “_”, “-” and “/”.',
  INVALID_REFERENCE:
    'A repository name consists of lower-case letters, digits, “.”, “_”, “-” and “/”; a tag has no slash.',
  INVALID_ARGUMENT: 'Check your input: an address is a host with an optional port, or a URL.',
  RATE_LIMITED: 'The registry limits the number of requests. Wait, then try again.',
  TOOMANYREQUESTS: 'The registry limits the number of requests. Wait, then try again.',
  DIGEST_MISMATCH: 'The content does not match its digest. It was discarded.',
  SIZE_MISMATCH: 'The content does not have the announced size. It was discarded.',
  TRUNCATED: 'The connection ended early. Try again.',
  TOO_LARGE: 'The response is larger than the limit, and was not read.',
  NO_MATCHING_PLATFORM: 'This tag has no image for the platform. Choose another platform.',
  UNSUPPORTED: 'This registry does not support that.',
};

/** Returns `{ code, message, advice, status }` for any thrown value. */
export function explain(error) {
  const message = String(error?.message ?? error);
  if (!isRegistryError(error))
    return { code: error?.name ?? 'Error', message, advice: 'This is a defect of the page.' };
  const wait = error.retryAfter ? ` It asks to wait ${Math.ceil(error.retryAfter / 1000)} s.` : '';
  const advice =
    ADVICE[error.code] ?? (error.status >= 500 ? 'The registry has an internal problem. Try again later.' : '');
  return { code: error.code, message, advice: advice + wait, status: error.status };
}

/** Whether credentials could help. */
export const needsCredentials = (error) =>
  isRegistryError(error) && (error.status === 401 || ['AUTH_REQUIRED', 'UNAUTHORIZED', 'DENIED'].includes(error.code));
