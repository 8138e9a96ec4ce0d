// What an error means for the person in front of the page, and what to do about it.

import { isRegistryError } from 'docker-registry-client-wasm';

const ADVICE = {
  NETWORK: 'The registry cannot be reached. Check the address and the port, and that the registry is running.',
  CORS_OR_NETWORK:
    'Nothing answers there, or the registry does not allow this page to read it (CORS). Check the address, or start this page with “npm start -- --registry ADDRESS”, which puts the registry behind a proxy.',
  TIMEOUT: 'The registry took too long. Try again, or check that the address and port are right.',
  INVALID_RESPONSE: 'What answers there does not speak the registry protocol. Is this the address of a registry?',
  NOT_FOUND: 'The registry does not have this. Check the name and the address.',
  AUTH_REQUIRED: 'This registry asks who you are. Enter a user and password.',
  UNAUTHORIZED: 'This registry asks who you are. Enter a user and password that may read this.',
  UNTRUSTED_REALM: 'The registry wants its passwords sent to a host that is not its own. They were not sent.',
  DENIED: 'These credentials may not read this.',
  NAME_UNKNOWN: 'The registry has no repository of this name.',
  MANIFEST_UNKNOWN: 'The repository has nothing under this tag or digest. It may have been deleted.',
  BLOB_UNKNOWN: 'The registry has lost this blob, or never had it.',
  NAME_INVALID: 'A repository name has lower-case letters, digits, “.”, “_”, “-” and “/”.',
  INVALID_REFERENCE: 'A repository name has lower-case letters, digits, “.”, “_”, “-” and “/”; a tag has no slash.',
  INVALID_ARGUMENT: 'Check what you entered: an address is a host with an optional port, or a whole URL.',
  RATE_LIMITED: 'The registry asks for patience. Wait a little, then try again.',
  TOOMANYREQUESTS: 'The registry asks for patience. Wait a little, then try again.',
  DIGEST_MISMATCH: 'The bytes that came are not what the digest promises. They were thrown away.',
  SIZE_MISMATCH: 'The registry sent more or fewer bytes than it announced. They were thrown away.',
  TRUNCATED: 'The connection ended early. Try again.',
  TOO_LARGE: 'The answer is larger than any such document should be, and was not read.',
  NO_MATCHING_PLATFORM: 'This tag has no image for the platform. Choose another.',
  UNSUPPORTED: 'This registry does not offer that.',
};

/** `{ code, message, advice, status }` of anything thrown. */
export function explain(error) {
  const message = String(error?.message ?? error);
  if (!isRegistryError(error))
    return { code: error?.name ?? 'Error', message, advice: 'This is a defect of the page.' };
  const wait = error.retryAfter ? ` It asks for ${Math.ceil(error.retryAfter / 1000)} s.` : '';
  const advice =
    ADVICE[error.code] ?? (error.status >= 500 ? 'The registry itself has a problem. Try again later.' : '');
  return { code: error.code, message, advice: advice + wait, status: error.status };
}

/** Whether credentials could help. */
export const needsCredentials = (error) =>
  isRegistryError(error) && (error.status === 401 || ['AUTH_REQUIRED', 'UNAUTHORIZED', 'DENIED'].includes(error.code));
