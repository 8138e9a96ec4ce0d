// Registries on this machine. Each function starts one and returns `{ url, stop() }`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startRegistry } from './process.mjs';
import { ensureFerro, find } from './programs.mjs';

/**
 * Starts Debian's docker-registry (distribution 2.8).
 * @param {{ data?: string, command?: string, scheme?: 'http' | 'https', settingsIn?: (folder: string) => Promise<object> }} [options]
 *   `data`: the folder of another instance, to serve the same content under other rules; `command`: the binary, of another
 *   version; `settingsIn`: writes files into the server's folder and returns more of config.yml, over what stands there
 *   otherwise
 */
export async function startDistribution({ data, command, scheme = 'http', settingsIn = async () => ({}) } = {}) {
  let storage;
  const server = await startRegistry('docker-registry', async ({ port, folder }) => {
    storage = data ?? join(folder, 'data');
    const config = {
      version: '0.1',
      log: { level: 'info' },
      storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
      http: { addr: `127.0.0.1:${port}` },
      compatibility: { schema1: { enabled: true } },
      health: { storagedriver: { enabled: false } },
      // Without this a manifest with foreign layers is answered with 500.
      validation: { manifests: { urls: { allow: ['^https://mcr\\.microsoft\\.com/'] } } },
    };
    const path = join(folder, 'config.yml');
    // JSON is YAML.
    await writeFile(path, JSON.stringify(merged(config, await settingsIn(folder))));
    return {
      command: command ?? find('docker-registry') ?? 'docker-registry',
      args: ['serve', path],
      env: { OTEL_TRACES_EXPORTER: 'none' },
      scheme,
    };
  });
  return { ...server, data: storage };
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Settings over settings. */
export function merged(settings, more = {}) {
  const all = { ...settings };
  for (const [name, value] of Object.entries(more)) {
    all[name] = isObject(value) && isObject(all[name]) ? merged(all[name], value) : value;
  }
  return all;
}

/** Starts ferro-oci-server: OCI 1.1, pages its tags with Link, wants the bytes of foreign layers too. */
export async function startFerro() {
  const command = await ensureFerro();
  const server = await startRegistry('ferro-oci-server', async ({ port }) => ({
    command,
    env: { FERRO_OCI_LISTEN: `127.0.0.1:${port}` },
  }));
  return { ...server, foreignLayers: false };
}
