// Peers that are libraries: installed into target/tools, so that the project depends on none of them.
import { fileURLToPath } from 'node:url';

import { ensureEnvironment, ensureNpmPackages } from '../../registries/programs.mjs';

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
const packages = { '@snyk/docker-registry-v2-client': '4.0.5', '@azure/container-registry': '1.1.2' };

/**
 * @returns {Promise<{ node?: string, python?: string, lacking?: { node?: string, python?: string } }>} `node`: the folder of the npm
 *   packages; `python`: the interpreter that has oras-py; `lacking`: why there is none
 */
export async function installPeers() {
  const lacking = {};
  const attempt = async (what, task) => {
    try {
      return await task();
    } catch (error) {
      lacking[what] = `not installed: ${error.message.split('\n')[0]}`;
      return undefined;
    }
  };
  const node = await attempt('node', () => ensureNpmPackages('bench-peers', packages));
  const python = await attempt('python', async () => {
    const bin = await ensureEnvironment('oras-py', {
      name: 'oras-py',
      sources: [requirements],
      fill: (pip) => pip('-r', requirements),
    });
    return `${bin}/python`;
  });
  return { node, python, lacking };
}
