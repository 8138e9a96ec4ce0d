// For tests over HTTP/2 (`TRANSPORT=http2`), which needs TLS: servers have certificates of a new CA, which this process and
// those it starts trust.
import https from 'node:https';

import { createAuthority } from './certificates.mjs';

export const isOverHttp2 = process.env.TRANSPORT === 'http2';

/** @type {Awaited<ReturnType<typeof createAuthority>> | undefined} */
export const authority = isOverHttp2 ? await ourAuthority() : undefined;

/** Processes that a test starts share its CA. */
async function ourAuthority() {
  process.env.TEST_AUTHORITY ??= JSON.stringify(await createAuthority());
  return JSON.parse(process.env.TEST_AUTHORITY);
}

if (authority) {
  https.globalAgent.options.ca = authority.ca;
  const undici = await import('undici');
  const dispatcher = new undici.Agent({ connect: { ca: authority.ca } });
  globalThis.fetch = (url, init) => undici.fetch(url, { ...init, dispatcher });
}
