// docker-registry 0.9.1, the V1 protocol's own implementation; and an index beside it, for those of its ways that it has only
// with one.
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { proxyTo } from '../../www/server/proxy.mjs';
import { startRegistry } from '../../www/registry/process.mjs';
import { ensureV1Registry } from './programs.mjs';

/**
 * @param {{ index?: string }} [options] `index`: the URL of the index that lets in; without one the registry is its own and lets in everybody
 */
export async function startV1({ index } = {}) {
  const { bin, standIns } = await ensureV1Registry();
  return startRegistry('v1-registry', async ({ port, folder }) => {
    const settings = {
      loglevel: 'info',
      standalone: index === undefined,
      index_endpoint: index,
      storage: 'local',
      storage_path: join(folder, 'data'),
      search_backend: 'sqlalchemy',
      sqlalchemy_index_database: `sqlite:///${join(folder, 'index.db')}`,
    };
    const config = join(folder, 'config.yml');
    // JSON is YAML.
    await writeFile(config, JSON.stringify({ test: settings }));
    return {
      command: join(bin, 'gunicorn'),
      args: ['-w', '1', '-b', `127.0.0.1:${port}`, '--access-logfile', '-', 'docker_registry.wsgi:application'],
      env: {
        HOME: folder,
        PYTHONPATH: standIns,
        PYTHONDONTWRITEBYTECODE: '1',
        DOCKER_REGISTRY_CONFIG: config,
        SETTINGS_FLAVOR: 'test',
        NO_PROXY: '127.0.0.1',
      },
    };
  });
}

const AUTHORIZATION = `Basic ${Buffer.from('alice:secret').toString('base64')}`;

/**
 * A registry that lets nobody in without a token, and its index, on one host as a reverse proxy joins them.
 *
 * The index (docker's "Hub and registry 1.0 spec"): whoever shows a name and a password gets a token and a cookie for the images
 * of a repository; the registry asks it whether a token is good.
 * @param {{ endpoints?: string }} [options] what the index says of where images are
 * @returns {Promise<{ url: string, requests: object[], revoke: () => void, stop: () => Promise<void> }>}
 */
export async function startV1WithIndex({ endpoints } = {}) {
  const images = new Map();
  const tokens = new Map();
  const requests = [];
  let number = 0;
  let forward;
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const { authorization, cookie } = headers;
    requests.push({ method, url, authorization, cookie, host: headers.host });
    const answer = (status, body, more = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body));
    const [, repository, rest] = /^\/v1\/repositories\/([^/]+\/[^/]+)\/(|images|layer\/\w+\/access)$/.exec(url) ?? [];
    if (repository === undefined) return forward(request, response);
    if (rest.startsWith('layer/')) return answer(200, { access: true });
    const token = /^Token (.*)$/.exec(authorization)?.[1];
    if (token !== undefined) {
      // The registry asks.
      return tokens.has(token) ? answer(200, images.get(repository) ?? []) : answer(401, { error: 'Invalid token' });
    }
    if (authorization !== AUTHORIZATION) {
      return answer(401, { error: 'Unauthorized' }, { 'www-authenticate': 'Token' });
    }
    const give = (status, body, access) => {
      number += 1;
      const fresh = `signature=${number},repository="${repository}",access=${access}`;
      tokens.set(fresh, repository);
      answer(status, body, {
        'x-docker-token': fresh,
        'x-docker-endpoints': endpoints ?? headers.host,
        'set-cookie': `session=s${number}; Path=/; HttpOnly`,
      });
    };
    if (method === 'GET') {
      return images.has(repository)
        ? give(200, images.get(repository), 'read')
        : answer(404, { error: 'no such repository' });
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const known = new Map((images.get(repository) ?? []).map((image) => [image.id, image]));
      for (const image of JSON.parse(Buffer.concat(chunks))) known.set(image.id, image);
      images.set(repository, [...known.values()]);
      give(rest === '' ? 200 : 204, '', 'write');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const registry = await startV1({ index: url });
  forward = proxyTo(new URL(registry.url), '');
  const stop = async () => {
    await registry.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, requests, revoke: () => tokens.clear(), stop };
}
