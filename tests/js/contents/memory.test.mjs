// Memory does not grow with a layer. `npm run bench -- memory` measures the same of 5 GiB.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { inNode, startServer } from '../../bench/processes.mjs';
import { packedFolder } from '../support/packed.mjs';

const MEBI = 1024 * 1024;
const SIZE = 256 * MEBI;

test('calls that look into a layer of 256 MiB', { timeout: 120_000 }, async (t) => {
  const server = await startServer({ large: SIZE, folders: {} });
  t.after(server.stop);
  const url = pathToFileURL(join(packedFolder, 'node_modules/docker-registry-client-wasm/index.js')).href;
  const parameters = { registry: server.url, package: url, large: server.large };
  for (const call of ['layerFiles', 'fileStream', 'readFile', 'exportTar']) {
    const { rss } = await inNode('memory', call, parameters, { flags: ['--expose-gc'] });
    assert.ok(rss > 1 && rss < 96, `${call}(): ${rss} MiB`);
  }
});
