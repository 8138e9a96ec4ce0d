// Reads certificates and keys, and checks them at once instead of at the first request.

import { Buffer } from 'node:buffer';

import { crypto, tls } from './builtin.js';
import { refusal, typed } from './options.js';

/** @typedef {import('node:tls').SecureContextOptions & { rejectUnauthorized?: boolean }} Tls as `node:tls` takes it */

export const TLS_OPTIONS = ['ca', 'cert', 'key', 'passphrase', 'rejectUnauthorized', 'verifySsl'];

/**
 * Returns the options for TLS, as `node:tls` takes them.
 * @param {Record<string, any>} options
 * @returns {Tls}
 */
export function readTls(options) {
  const found = {
    // As in docker and NODE_EXTRA_CA_CERTS, in addition to the trusted ones: a redirect to a storage service may need those.
    ca: options.ca === undefined ? undefined : [...trusted(), ...authorities(options.ca)],
    cert: options.cert === undefined ? undefined : pem(options.cert, 'cert'),
    key: options.key === undefined ? undefined : pem(options.key, 'key'),
    passphrase: typed(options, 'passphrase', 'string'),
    rejectUnauthorized: checksCertificates(options),
  };
  if ((found.cert === undefined) !== (found.key === undefined))
    throw refusal('options.cert and options.key: one needs the other');
  // Loading TLS takes time.
  if (found.cert === undefined) return present(found);
  try {
    tls().createSecureContext({ cert: found.cert, key: found.key, passphrase: found.passphrase });
  } catch (/** @type {any} */ { code }) {
    throw refusal(`options.cert, options.key, options.passphrase: they cannot be used together: ${code}`);
  }
  return present(found);
}

/** @param {Tls} options */
const present = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** getCACertificates() includes NODE_EXTRA_CA_CERTS; Node has it from 22.15 on. */
function trusted() {
  try {
    return tls().getCACertificates?.('default') ?? tls().rootCertificates;
  } catch (/** @type {any} */ { code }) {
    throw refusal(`options.ca: this Node has no TLS: ${code}`);
  }
}

/** @param {unknown} ca */
function authorities(ca) {
  return (Array.isArray(ca) ? ca : [ca]).map((one) => {
    const text = pem(one, 'ca');
    try {
      new (crypto().X509Certificate)(text);
    } catch {
      throw refusal('options.ca: it holds no certificate that can be read');
    }
    return text;
  });
}

/**
 * @param {unknown} value
 * @param {string} name
 */
function pem(value, name) {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString() : value;
  if (typeof text === 'string' && text.includes('-----BEGIN ')) return text;
  throw refusal(`options.${name}: the text of a PEM file is needed (-----BEGIN …), not its path`);
}

/** @param {Record<string, any>} options */
function checksCertificates(options) {
  const [ours, ancestors] = ['rejectUnauthorized', 'verifySsl'].map((name) => typed(options, name, 'boolean'));
  if (ours !== undefined && ancestors !== undefined && ours !== ancestors) {
    throw refusal('options.verifySsl: rejectUnauthorized, which means the same, says otherwise');
  }
  return ours ?? ancestors;
}
