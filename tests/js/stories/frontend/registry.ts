// The page's one client. The registry is behind Vite's proxy.
import { type Credentials, DockerRegistryClient } from 'docker-registry-client-wasm';

export const open = (path: string, credentials?: () => Promise<Credentials | undefined>) =>
  new DockerRegistryClient(new URL(path, location.href), credentials && { credentials });
