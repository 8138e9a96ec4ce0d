// Keys and certificates, made anew for each run: none stands in the repository, and none outlives its test. Node makes keys,
// but no certificates; `openssl` does.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const openssl = (...args) => promisify(execFile)('openssl', args);

/**
 * What tokens are signed with.
 * @returns {Promise<{ key: string, certificate: string }>} PEM: an RSA key and its self-signed certificate
 */
export async function signingCertificate() {
  const folder = await mkdtemp(join(tmpdir(), 'certificate-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  try {
    const subject = ['-subj', '/CN=test bed token server', '-days', '2'];
    await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, '-keyout', key, '-out', certificate);
    return { key: await readFile(key, 'utf8'), certificate: await readFile(certificate, 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const EXTENSIONS = `
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1
extendedKeyUsage = serverAuth
[client]
extendedKeyUsage = clientAuth
`;

/**
 * A new CA that nobody trusts, with a certificate for a server on this machine and one for a client; as PEM.
 * @returns {Promise<{ ca: string, server: { cert: string, key: string }, client: { cert: string, key: string } }>}
 */
export async function createAuthority() {
  const folder = await mkdtemp(join(tmpdir(), 'authority-'));
  try {
    await writeFile(join(folder, 'openssl.cnf'), EXTENSIONS);
    const { cert: ca } = await issue(folder, 'authority');
    const signer = ['-CA', join(folder, 'authority.pem'), '-CAkey', join(folder, 'authority.key')];
    const [server, client] = await Promise.all(['server', 'client'].map((kind) => issue(folder, kind, signer)));
    return { ca, server, client };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function issue(folder, kind, signer = []) {
  const [cert, key] = [join(folder, `${kind}.pem`), join(folder, `${kind}.key`)];
  const what = [
    '-subj',
    `/CN=test bed ${kind}`,
    '-days',
    '2',
    '-config',
    join(folder, 'openssl.cnf'),
    '-extensions',
    kind,
  ];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...newKey, ...what, ...signer, '-keyout', key, '-out', cert);
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}
