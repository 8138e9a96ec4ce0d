// Explains errors to the user: what happened, and what to do.

import { isRegistryError } from 'docker-registry-client-wasm/slim';

const ADVICE = {
  NETWORK: 'The registry cannot be reached. Check the address and the port, and that the registry is running.',
  CORS_OR_NETWORK:
    'Nothing responds there, or the registry does not allow this page to read its responses (CORS). Check the address, or open it with “npx docker-registry-client-wasm ui ADDRESS”, which puts the registry behind a proxy.',
  TIMEOUT: 'The registry did not respond in time. Try again, or check the address and the port.',
  INVALID_RESPONSE: 'The response does not follow the registry protocol. Is this the address of a registry?',
  NOT_FOUND: 'The registry does not have this. Check the name and the address.',
  AUTH_REQUIRED: 'This registry requires a login. Enter a user and a password.',
  UNAUTHORIZED: 'This registry requires a login. Enter a user and a password with permission to do this.',
  UNTRUSTED_REALM: 'The registry wants the credentials sent to a host outside its own domain. They were not sent.',
  DENIED: 'These credentials do not permit this.',
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
  CONFLICT: 'Somebody changed it meanwhile. Look again, then decide.',
  IN_USE: 'Something depends on it. Delete or move that first.',
  ARCHIVE_INVALID: 'This is no whole archive of images. It is written by docker save, podman save, skopeo or buildx.',
  SOURCE: 'The file could not be read. It may have changed or moved since it was chosen.',
};

/** Where the page has no form for a user and a password: what to do instead. */
export function signInBy(advice) {
  ADVICE.AUTH_REQUIRED = `This registry requires a login. ${advice}`;
  ADVICE.UNAUTHORIZED = `This registry requires a login with permission to read this. ${advice}`;
}

const READ_ONLY =
  'This page was opened for reading only. To change something, start it with “docker-registry-client-wasm ui HOST --allow-changes”.';
const NO_CHANGES = 'The registry, or a server in front of it, does not allow this.';
const REFUSED_CREDENTIALS = 'The registry refused this user or password. Check both; a token may have expired.';
const OFFLINE = 'This device is offline. The page continues when it is online again.';

/** The path of this page may be a secret, as that of the command `ui` is; a registry behind a proxy is below it. */
const HERE = location.pathname === '/' ? undefined : new URL('.', location.href).href;

/**
 * Returns `{ code, message, advice, status }` for any thrown value. `hasCredentials`: a user and a password were sent.
 */
export function explain(error, { hasCredentials = false } = {}) {
  const text = String(error?.message ?? error);
  const message = HERE ? text.replaceAll(HERE, '/') : text;
  if (!isRegistryError(error))
    return { code: error?.name ?? 'Error', message, advice: 'This is a defect of the page.' };
  if (isReadOnly(error)) return { code: error.code, message, advice: READ_ONLY, status: error.status };
  if (error.status === 405) return { code: error.code, message, advice: NO_CHANGES, status: error.status };
  if (isOffline(error)) return { code: 'OFFLINE', message, advice: OFFLINE, status: error.status };
  if (hasCredentials && isRefusal(error))
    return { code: error.code, message, advice: REFUSED_CREDENTIALS, status: error.status };
  const wait = error.retryAfter ? ` It asks to wait ${Math.ceil(error.retryAfter / 1000)} s.` : '';
  const advice =
    ADVICE[error.code] ?? (error.status >= 500 ? 'The registry has an internal problem. Try again later.' : '');
  return { code: error.code, message, advice: advice + wait, status: error.status };
}

const UNREACHABLE = ['NETWORK', 'CORS_OR_NETWORK', 'TIMEOUT', 'TRUNCATED'];

/** Whether the request failed because this device is offline. */
export const isOffline = (error) =>
  isRegistryError(error) && !navigator.onLine && ['NETWORK', 'CORS_OR_NETWORK', 'TRUNCATED'].includes(error.code);

/** Whether the same request may succeed later, without anybody doing anything. */
export const isTemporary = (error) =>
  isRegistryError(error) &&
  (error.status === 429 || error.status >= 500 || UNREACHABLE.includes(error.code) || error.code === 'RATE_LIMITED');

/** Whether the registry has no catalog, as Docker Hub and GHCR. One that it does not show is something else. */
export const isWithoutCatalog = (error) =>
  isRegistryError(error) && error.code === 'UNSUPPORTED' && ![401, 403].includes(error.status);

/** Whether the browser hides why a request failed, so that `diagnose()` may know more. */
export const isUnexplained = (error) => isRegistryError(error) && error.code === 'CORS_OR_NETWORK' && navigator.onLine;

/** Whether the command `ui` refuses a change because it was started without --allow-changes. */
const isReadOnly = (error) =>
  error.status === 403 && error.errors.some(({ message }) => /--allow-changes/.test(message));

const isRefusal = (error) => error.status === 401 || ['AUTH_REQUIRED', 'UNAUTHORIZED'].includes(error.code);

/** Whether credentials could help. */
export const needsCredentials = (error) =>
  isRegistryError(error) && !isReadOnly(error) && (isRefusal(error) || error.code === 'DENIED');
