// The packed package in a page of another origin: tokens, retries and redirects, as far as CORS and the browser allow.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { startCorsProxy } from '../../registries/cors-proxy.mjs';
import { digestOf, image, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { asking, breaksOff, json, redirect, send, startScripted } from '../../registries/scripted.mjs';
import { credentials, startDistribution, startTokenRegistry } from '../../registries/servers.mjs';
import { openBrowser } from '../package/support/browsers.mjs';
import { openPage, servePages } from '../support/pages.mjs';

const LONG = { timeout: 120_000 };
const TAGS = '/v2/a/b/tags/list';
const one = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1' }]) }]);
const numbers = Uint32Array.from({ length: 500_000 }, (_, number) => Math.imul(number, 2_654_435_761));
const bytes = Buffer.from(numbers.buffer);
const digest = digestOf(bytes);
const BLOB = `/v2/a/b/blobs/${digest}`;

let pages;
const servers = {};
before(async () => {
  pages = await servePages();
  const { origin } = pages;
  servers.plain = await startDistribution();
  await fill(servers.plain, { 'public/one': { latest: one }, 'private/one': { latest: one } });
  const { data } = servers.plain;
  servers.bearer = await startTokenRegistry({ data }, { origin });
  servers.shown = await startCorsProxy({ registry: servers.bearer.url, origin });
  servers.hidden = await startCorsProxy({ registry: servers.bearer.url, origin, exposed: '' });
  servers.registry = await startScripted();
  servers.storage = await startScripted();
}, LONG);
after(async () => {
  await pages.stop();
  for (const server of Object.values(servers).reverse()) await server.stop();
});
beforeEach(() => {
  for (const server of [servers.registry, servers.storage, servers.bearer.tokens]) server.requests = [];
});

/** Answers by path, for the pages of any origin; `exposed`: header fields that they may see. */
const withCors =
  (script, exposed = '') =>
  (request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', exposed);
    if (request.method === 'OPTIONS') {
      const asked = request.headers['access-control-request-headers'] ?? '';
      return send('', { status: 204, 'access-control-allow-headers': asked })(request, response);
    }
    const answer = script[request.url.split('?', 1)[0]] ?? json({});
    return answer(request, response);
  };
/** What came, preflights aside. */
const gets = ({ requests }) => requests.filter(({ method }) => method !== 'OPTIONS');

/** The last request is for a further page: that there is a Link where a page sees none cannot be told. */
const tagsOf = async ({ DockerRegistryClient }, url, name, { afterVersion, ...options } = {}) => {
  const events = [];
  const client = new DockerRegistryClient(url, { ...options, onRequest: (event) => events.push(event) });
  try {
    if (afterVersion) await client.apiVersion();
    return { tags: await client.repository(name).tags(), statuses: events.map(({ status, error }) => status ?? error) };
  } catch ({ code, status, message }) {
    return { failed: { code, status, message }, statuses: events.map((event) => event.status ?? event.error) };
  }
};
/** Digest and requests of a blob read as a stream. */
const readBlob = async ({ DockerRegistryClient }, url, digest, options) => {
  const statuses = [];
  const onRequest = ({ status, error }) => statuses.push(status ?? error);
  const client = new DockerRegistryClient(url, { retry: { minDelay: 1 }, ...options, onRequest });
  const stream = await client.repository('a/b').blob(digest);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await new Response(stream).arrayBuffer()));
  return { digest: `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`, statuses };
};

for (const name of ['chrome', 'firefox']) {
  test(name, LONG, async (context) => {
    const browser = await openBrowser(context, name);
    const inPage = await openPage(browser, pages.origin);
    const step = (title, task) => context.test(title, LONG, task);
    const { shown, hidden, registry, storage, bearer } = servers;
    const { tokens } = bearer;
    const refreshToken = async () => {
      const query = new URLSearchParams({ service: 'test bed', offline_token: 'true' });
      const headers = { authorization: `Basic ${btoa('alice:secret')}` };
      return (await (await fetch(`${tokens.realm}?${query}`, { headers })).json()).refresh_token;
    };

    await step('tokens: for nobody, for a password, for an identity token', async () => {
      const opened = { tags: ['latest'], statuses: [401, 200, 200, 200] };
      assert.deepEqual(await inPage(tagsOf, shown.url, 'public/one'), opened);
      assert.deepEqual(await inPage(tagsOf, shown.url, 'private/one', credentials), opened);
      assert.equal(gets(tokens).at(-1).headers.authorization, `Basic ${btoa('alice:secret')}`);
      const identityToken = await refreshToken();
      assert.deepEqual(await inPage(tagsOf, shown.url, 'private/one', { identityToken }), opened);
      assert.equal(gets(tokens).at(-1).method, 'POST');
      const { failed } = await inPage(tagsOf, shown.url, 'private/one');
      assert.deepEqual([failed.code, failed.status], ['UNAUTHORIZED', 401]);
    });

    await step('tokens: a login dialog', async () => {
      const outcome = await inPage(async ({ DockerRegistryClient }, url) => {
        const asked = [];
        const login = async (challenge) => (asked.push(challenge), { username: 'alice', password: 'secret' });
        const client = new DockerRegistryClient(url, { credentials: login });
        const repository = client.repository('private/one');
        const image = await repository.image('latest');
        return { asked, layer: (await image.getLayer()).length };
      }, shown.url);
      const scopes = ['repository:private/one:pull'];
      const challenge = { registry: shown.url, scheme: 'bearer', realm: tokens.realm, service: 'test bed', scopes };
      assert.deepEqual(outcome, { asked: [challenge], layer: one.layers[0].bytes.length });
    });

    await step('tokens: the challenge is hidden, the token service is named', async () => {
      const identityToken = await refreshToken();
      const authServiceUrl = `${tokens.realm}?service=test+bed`;
      const opened = { tags: ['latest'], statuses: [401, 200, 200, 200] };
      assert.deepEqual(await inPage(tagsOf, hidden.url, 'public/one', { authServiceUrl }), opened);
      assert.deepEqual(await inPage(tagsOf, hidden.url, 'private/one', { ...credentials, authServiceUrl }), opened);
      assert.deepEqual(await inPage(tagsOf, hidden.url, 'private/one', { identityToken, authServiceUrl }), opened);
      assert.equal(gets(tokens).at(-1).form.get('service'), 'test bed');
    });

    await step('tokens: the challenge is hidden, and nothing is named', async () => {
      tokens.requests = [];
      const { failed } = await inPage(tagsOf, hidden.url, 'public/one');
      assert.deepEqual([failed.code, failed.status], ['UNAUTHORIZED', 401]);
      assert.match(
        failed.message,
        /hides the registry's challenge from this page.*Access-Control-Expose-Headers.*authServiceUrl/,
      );
      assert.deepEqual(tokens.requests, []);
    });

    await step('tokens: a service that lets no page ask', async () => {
      registry.script = withCors(
        { [TAGS]: asking(`Bearer realm="${storage.url}/token"`, json({})) },
        'WWW-Authenticate',
      );
      storage.script = { '/token': json({ token: 'x' }) };
      const { failed } = await inPage(tagsOf, registry.url, 'a/b', { retry: false });
      assert.equal(failed.code, 'CORS_OR_NETWORK');
      assert.match(failed.message, new RegExp(new URL(storage.url).host));
    });

    await step('retries: 503, and a connection that goes', async () => {
      let answers = 0;
      registry.script = withCors({
        [TAGS]: (...args) => (answers++ ? json({ tags: ['x'] }) : send('', { status: 503 }))(...args),
      });
      const quick = { retry: { minDelay: 1 } };
      const outcome = await inPage(tagsOf, registry.url, 'a/b', quick);
      assert.deepEqual(outcome, { tags: ['x'], statuses: [503, 200, 200] });
      // For a time, not a number of tries: browsers repeat by themselves what broke on a connection that had served.
      let back = Infinity;
      registry.script = withCors({
        [TAGS]: (...args) => {
          back = Math.min(back, Date.now() + 400);
          return (Date.now() < back ? breaksOff : json({ tags: ['x'] }))(...args);
        },
      });
      // A page is told of a lost connection only where it could read before.
      const patient = { retry: { minDelay: 200, attempts: 9 }, afterVersion: true };
      const { tags, statuses } = await inPage(tagsOf, registry.url, 'a/b', patient);
      assert.deepEqual([tags, statuses[0], statuses.at(-1)], [['x'], 200, 200]);
      assert.ok(statuses.includes('CORS_OR_NETWORK'), statuses.join());
    });

    for (const exposed of ['Content-Range', '']) {
      await step(`a blob that breaks off, with ${exposed || 'nothing'} exposed`, async () => {
        const serve = (request, response) => {
          const [, from = 0] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
          const size = bytes.length;
          const headers = { 'content-length': size - from };
          if (from > 0) headers['content-range'] = `bytes ${from}-${size - 1}/${size}`;
          response.writeHead(from > 0 ? 206 : 200, headers);
          if (from > 0) return response.end(bytes.subarray(from));
          return response.write(bytes.subarray(0, 1_000_000), () => setTimeout(() => response.destroy(), 100));
        };
        registry.script = withCors({ [BLOB]: serve }, exposed);
        registry.requests = [];
        assert.deepEqual(await inPage(readBlob, registry.url, digest), { digest, statuses: [200, 200, 206] });
        const [, , rest] = gets(registry);
        assert.match(rest.headers.range, /^bytes=[1-9]\d*-$/);
      });
    }

    await step('a blob that storage of another origin has', async () => {
      storage.script = withCors({ '/storage': send(bytes) });
      for (const options of [{}, { token: 'ToKeN' }, credentials]) {
        storage.requests = [];
        const moved = redirect(`${storage.url}/storage?X-Signature=SiGnEd`);
        const guarded = options.username ? asking('Basic realm="x"', moved) : moved;
        registry.script = withCors({ [BLOB]: guarded }, 'WWW-Authenticate');
        const outcome = await inPage(readBlob, registry.url, digest, options);
        assert.equal(outcome.digest, digest);
        const [{ headers }] = gets(storage);
        assert.equal(headers.authorization, undefined);
        assert.equal(headers.cookie, undefined);
      }
    });

    await step('the same in a worker', async () => {
      registry.script = withCors({ [BLOB]: redirect(`${storage.url}/storage`) });
      const inWorker = (_, source, ...args) => {
        const call = `(${source})(library, ...${JSON.stringify(args)})`;
        const code = `import * as library from '${location.origin}/index.js';
          ${call}.then(postMessage, ({ message }) => postMessage({ failed: message }));`;
        const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
        const worker = new Worker(url, { type: 'module' });
        return new Promise((resolve) => worker.addEventListener('message', ({ data }) => resolve(data)));
      };
      const outcome = await inPage(inWorker, String(readBlob), registry.url, digest, { token: 'ToKeN' });
      assert.deepEqual(outcome, { digest, statuses: [200, 200] });
    });

    await step('warnings and limits, where they are exposed', async () => {
      const limits = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': 7 };
      const fields = { warning: '299 - "it moves on Friday"', ...limits };
      const told = async ({ DockerRegistryClient }, url) => {
        const warnings = [];
        const client = new DockerRegistryClient(url, { onWarning: (text) => warnings.push(text) });
        for (let round = 0; round < 2; round += 1) await client.repository('a/b').tags();
        return { warnings, limit: client.rateLimit ?? null };
      };
      const script = { [TAGS]: json({ tags: ['x'] }, fields) };
      registry.script = withCors(script, 'Warning, RateLimit-Limit, RateLimit-Remaining');
      assert.deepEqual(await inPage(told, registry.url), {
        warnings: ['it moves on Friday'],
        limit: { limit: 100, remaining: 7, window: 21_600_000 },
      });
      registry.script = withCors(script);
      assert.deepEqual(await inPage(told, registry.url), { warnings: [], limit: null });
    });
  });
}
