// `diagnose` in a page of another origin, and whether the settings that it tells really mend what it found: they are given to
// a real distribution and a real nginx, and the page looks again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { parse } from 'yaml';

import { fill } from '../../../www/registry/fill.mjs';
import { startNginx } from '../../registries/nginx.mjs';
import { freePort } from '../../../www/registry/process.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { startScripted } from '../../registries/scripted.mjs';
import {
  corsFor,
  corsHidden,
  credentials,
  startDistribution,
  startFerro,
  startTokenRegistry,
} from '../../registries/servers.mjs';
import { openBrowser } from '../package/support/browsers.mjs';
import { openPage, servePages } from '../support/pages.mjs';

const LONG = { timeout: 120_000 };

let origin;
const servers = {};
before(async () => {
  servers.pages = await servePages();
  ({ origin } = servers.pages);

  servers.without = await startDistribution({ settings: { storage: { delete: { enabled: false } } } });
  const { data } = servers.without;
  servers.careful = await startDistribution({ data, headers: corsFor(origin) });
  await fill(servers.careful, { 'team/web': samples['team/web'], hello: samples.hello });
  servers.hidden = await startDistribution({ data, headers: corsHidden });
  servers.basic = await startDistribution({ data, auth: 'basic' });
  servers.tokens = await startTokenRegistry({ data }, { origin });
  servers.ferro = await startFerro();
  await fill(servers.ferro, { 'team/web': samples['team/web'], hello: samples.hello });
}, LONG);
after(async () => {
  for (const server of Object.values(servers).reverse()) await server.stop();
});

/** All lines that a diagnosis tells for config.yml, as distribution would read them. */
const settingsOf = ({ findings }) => Object.assign({}, ...findings.map(({ fix }) => parse(fix?.distribution ?? '')));
const nginxOf = ({ findings }) => findings.find(({ fix }) => fix?.nginx).fix.nginx;
const codesOf = ({ findings }) => findings.map(({ code }) => code);
const found = ({ catalog, tags, referrers, delete: deletion }) => [
  catalog.status,
  tags.status,
  referrers.status,
  deletion.status,
];

for (const name of ['chrome', 'firefox']) {
  test(name, LONG, async (context) => {
    const browser = await openBrowser(context, name);
    const inPage = await openPage(browser, origin);
    const step = (title, task) => context.test(title, LONG, task);

    const diagnose = async (url, options, call) => {
      const look = ({ DockerRegistryClient }, url, options, call) =>
        new DockerRegistryClient(url, options).diagnose(call);
      const diagnosis = await inPage(look, url, options ?? {}, call ?? {});
      assert.equal(diagnosis.page, origin);
      assert.doesNotMatch(diagnosis.text, /undefined|null|\[object/);
      return diagnosis;
    };
    const withServer = async (starting, task) => {
      const server = await starting;
      try {
        return await task(server);
      } finally {
        await server.stop();
      }
    };

    await step('no CORS, then what is told', async () => {
      const diagnosis = await diagnose(servers.without.url);
      assert.deepEqual([diagnosis.reachable, diagnosis.cors.allowed], [true, false]);
      assert.deepEqual(codesOf(diagnosis), ['CORS_REFUSED']);
      assert.deepEqual(found(diagnosis), ['unknown', 'unknown', 'unknown', 'unknown']);
      const settings = settingsOf(diagnosis);
      const readOnly = { storage: { delete: { enabled: false } } };
      await withServer(
        startDistribution({ data: servers.without.data, settings: { ...readOnly, ...settings } }),
        async ({ url }) => {
          const better = await diagnose(url);
          assert.deepEqual(codesOf(better), ['DELETE_UNSUPPORTED'], better.text);
          const all = { ...settings, ...settingsOf(better) };
          await withServer(startDistribution({ data: servers.without.data, settings: all }), async (mended) => {
            const best = await diagnose(mended.url);
            assert.deepEqual(codesOf(best), [], best.text);
            // What distribution does not route it answers without CORS header fields.
            assert.deepEqual(found(best), ['yes', 'yes', 'unknown', 'yes']);
            assert.deepEqual(best.cors.preflight, { accept: true, authorization: true, delete: true });
            assert.deepEqual(best.cors.hiddenHeaders, []);
            for (const field of ['Link', 'Docker-Content-Digest'])
              assert.ok(best.cors.seenHeaders.includes(field), field);
          });
        },
      );
    });

    await step('a port that browsers block', async () => {
      const diagnosis = await diagnose('http://127.0.0.1:6000');
      assert.deepEqual([diagnosis.reachable, codesOf(diagnosis)], [false, ['UNREACHABLE']]);
      assert.match(diagnosis.text, /fetch blocks port 6000.*another port/);
      const check = ({ DockerRegistryClient }) => new DockerRegistryClient('http://127.0.0.1:6667').checkStatus();
      const { failed } = await inPage(check);
      assert.equal(failed.code, 'NETWORK');
      assert.match(failed.message, /blocks port 6667/);
    });

    await step('whether anything answers is asked at /v2/', async () => {
      await withServer(startScripted(), async (server) => {
        const look = async ({ DockerRegistryClient }, url) => {
          const client = new DockerRegistryClient(url, { apiVersion: 2, retry: { attempts: 1 } });
          return client.repository('team/web').tags();
        };
        const { failed } = await inPage(look, `${server.url}/v2/`);
        assert.equal(failed.code, 'CORS_OR_NETWORK');
        assert.match(failed.message, /answers, but does not let pages of .* read it/);
        const asked = server.requests.map(({ url }) => url.split('?')[0]);
        assert.deepEqual([...new Set(asked)].sort(), ['/v2/', '/v2/team/web/tags/list']);
      });
    });

    await step('CORS that a careful operator set up', async () => {
      const diagnosis = await diagnose(servers.careful.url);
      assert.deepEqual(codesOf(diagnosis), [], diagnosis.text);
      assert.deepEqual([diagnosis.auth.scheme, diagnosis.cors.allowed], ['none', true]);
    });

    await step('header fields hidden, then what is told', async () => {
      const diagnosis = await diagnose(servers.hidden.url);
      assert.deepEqual(codesOf(diagnosis), ['HEADERS_HIDDEN']);
      assert.deepEqual(diagnosis.cors.hiddenHeaders.toSorted(), ['Docker-Content-Digest', 'Link']);
      assert.equal(diagnosis.catalog.paging, 'last');
      const settings = settingsOf(diagnosis);
      await withServer(startDistribution({ data: servers.hidden.data, settings }), async ({ url }) => {
        assert.deepEqual(codesOf(await diagnose(url)), []);
      });
    });

    await step('basic authentication: its own settings are not enough, nginx before it is', async () => {
      const closed = await diagnose(servers.basic.url, credentials);
      assert.deepEqual(codesOf(closed), ['CORS_REFUSED']);
      const settings = settingsOf(closed);
      const { data } = servers.basic;
      await withServer(startDistribution({ data, auth: 'basic', settings }), async (registry) => {
        const halfway = await diagnose(registry.url, credentials);
        assert.deepEqual([halfway.auth.scheme, halfway.auth.realm], ['basic', 'test bed']);
        assert.deepEqual(codesOf(halfway), ['PREFLIGHT_REFUSED'], halfway.text);
        assert.deepEqual(halfway.cors.preflight, { accept: false, authorization: false });
        assert.equal(halfway.findings[0].fix.distribution, undefined);
        const nginx = startNginx({ locations: nginxOf(halfway), registry: registry.url });
        await withServer(nginx, async ({ url }) => {
          const mended = await diagnose(url, credentials);
          assert.deepEqual(codesOf(mended), ['REFERRERS_UNSUPPORTED'], mended.text);
          assert.deepEqual(found(mended), ['yes', 'yes', 'no', 'yes']);
          assert.equal(mended.auth.credentialsAccepted, true);
          assert.deepEqual(mended.cors.preflight, { accept: true, authorization: true, delete: true });
          const wrong = await diagnose(url, { ...credentials, password: 'wrong' });
          assert.deepEqual(codesOf(wrong), ['CREDENTIALS_REFUSED']);
          assert.deepEqual(codesOf(await diagnose(url)), ['CREDENTIALS_NEEDED']);
        });
      });
      // nginx alone does too.
      await withServer(startNginx({ locations: nginxOf(closed), registry: servers.basic.url }), async ({ url }) => {
        assert.deepEqual(codesOf(await diagnose(url, credentials)), ['REFERRERS_UNSUPPORTED']);
      });
    });

    await step('tokens behind nginx, the token service readable or not', async () => {
      const closed = await diagnose(servers.tokens.url, credentials);
      const nginx = startNginx({ locations: nginxOf(closed), registry: servers.tokens.url });
      await withServer(nginx, async ({ url }) => {
        const mended = await diagnose(url, credentials);
        assert.deepEqual([mended.auth.scheme, mended.auth.service], ['bearer', 'test bed']);
        assert.deepEqual(codesOf(mended), ['REFERRERS_UNSUPPORTED'], mended.text);
      });
      await withServer(startTokenRegistry({ data: servers.tokens.data }), async (registry) => {
        const before = startNginx({ locations: nginxOf(closed), registry: registry.url });
        await withServer(before, async ({ url }) => {
          const diagnosis = await diagnose(url, credentials);
          assert.deepEqual(codesOf(diagnosis), ['AUTHENTICATION_FAILED']);
          assert.ok(diagnosis.findings[0].message.includes(new URL(registry.tokens.url).host), diagnosis.text);
        });
      });
    });

    await step('OCI 1.1 behind nginx', async () => {
      const closed = await diagnose(servers.ferro.url);
      await withServer(startNginx({ locations: nginxOf(closed), registry: servers.ferro.url }), async ({ url }) => {
        const diagnosis = await diagnose(url, {}, { repository: 'team/web' });
        assert.deepEqual([diagnosis.tags.paging, diagnosis.referrers.status], ['link', 'yes'], diagnosis.text);
        assert.ok(diagnosis.cors.seenHeaders.includes('Link'));
      });
    });

    await step('a ready-made token where Authorization is not allowed', async () => {
      const headers = { 'Access-Control-Allow-Origin': ['*'] };
      await withServer(startDistribution({ data: servers.careful.data, headers }), async ({ url }) => {
        const diagnosis = await diagnose(url, { token: 'ToKeN' });
        assert.deepEqual([diagnosis.cors.allowed, diagnosis.auth.scheme], [true, 'none']);
        assert.deepEqual(codesOf(diagnosis), ['PREFLIGHT_REFUSED'], diagnosis.text);
        assert.doesNotMatch(JSON.stringify(diagnosis), /ToKeN/);
      });
    });

    await step('a header field of the caller is among those to allow', async () => {
      const { findings } = await diagnose(servers.without.url, { headers: { 'X-Tenant': 'one' } });
      const [, allowed] = /Access-Control-Allow-Headers: \['(.*)'\]/.exec(findings[0].fix.distribution);
      assert.ok(allowed.toLowerCase().split(', ').includes('x-tenant'), allowed);
    });

    await step('a dead host is told after one failure', async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      const begun = performance.now();
      const diagnosis = await diagnose(url);
      assert.deepEqual([diagnosis.reachable, codesOf(diagnosis)], [false, ['UNREACHABLE']]);
      assert.match(diagnosis.text, /does not answer/);
      assert.ok(performance.now() - begun < 5_000);
    });
  });
}
