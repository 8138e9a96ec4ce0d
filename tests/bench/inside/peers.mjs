// Peers that read tar: installed into target/tools, so that the project depends on none of them.
import { join } from 'node:path';

import { ensureNpmPackages } from '../../registries/programs.mjs';

const packages = { 'tar-stream': '3.1.7', tar: '7.5.1' };

/** @returns {Promise<{ folder?: string, notRun?: string }>} the folder that they can be required from, or why there is none */
export async function tarPeers() {
  try {
    return { folder: join(await ensureNpmPackages('bench-inside', packages), 'node_modules/') };
  } catch (error) {
    return { notRun: `not installed: ${error.message.split('\n')[0]}` };
  }
}
