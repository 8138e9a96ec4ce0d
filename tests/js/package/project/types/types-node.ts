// As types.ts, for the entry for Node.

import {
  DockerRegistryClient,
  RegistryError,
  connect,
  createFetch,
  dockerCredentials,
  type ConnectOptions,
  type FetchOptions,
} from 'docker-registry-client-wasm/node';
import { DockerRegistryClient as MainClient, RegistryError as MainError } from 'docker-registry-client-wasm';

export async function use(pem: Uint8Array, proxy: URL): Promise<boolean> {
  const credentials = dockerCredentials({ configFile: 'config.json', helperTimeout: 5_000 });
  const found = await credentials({ registry: 'https://quay.io', scheme: 'bearer', scopes: [] });
  const secret: string = !found ? '' : 'token' in found ? found.token : 'identityToken' in found ? found.identityToken : found.password;

  const options: FetchOptions = { ca: [pem, 'text'], cert: pem, key: 'text', passphrase: secret, verifySsl: true };
  const fetch = createFetch({ ...options, proxy });
  const client: MainClient = new DockerRegistryClient('quay.io', { fetch });
  await fetch.close();

  const all: ConnectOptions = { ...options, proxy: 'env', concurrency: 3, platform: 'linux/arm64' };
  const connected: DockerRegistryClient = connect(new URL('https://quay.io'), all);
  // @ts-expect-error A misspelt option.
  createFetch({ verifySSL: false });
  // @ts-expect-error A port is not enough.
  connect('quay.io', { proxy: 3128 });
  // @ts-expect-error It is text or bytes.
  createFetch({ ca: { path: 'ca.pem' } });
  return client.host === connected.host && RegistryError === MainError;
}
