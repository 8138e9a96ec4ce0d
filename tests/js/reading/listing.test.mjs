// Listings of more than a page: how real registries page them, and what a listing must not be talked into.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { fillDeleted, fillListings, manyRepositories, manyTags } from '../../../www/registry/fill.mjs';
import { startNginx } from '../../registries/nginx.mjs';
import { error, json, startScripted } from '../../registries/scripted.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, listOf, realRegistries, refused } from '../support/support.mjs';

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let requests;
    const client = (options) =>
      new DockerRegistryClient(server.url, { onRequest: ({ url }) => requests.push(url), ...options });
    const asked = (part) => requests.filter((url) => url.includes(part)).length;
    before(async () => {
      server = await start();
      requests = [];
      await fillListings(server);
      await fillDeleted(server);
    }, SOON);
    after(() => server.stop());

    const many = (names) => names.filter((name) => name.startsWith('many/r')).sort();

    test('more repositories than a page holds', SOON, async () => {
      assert.deepEqual(many(await listOf(client().catalog())), manyRepositories);
      requests = [];
      assert.deepEqual(many(await listOf(client().catalog({ pageSize: 25 }))), manyRepositories);
      assert.ok(asked('/v2/_catalog') > 5, requests.join('\n'));
      assert.deepEqual(many([...(await client().repositories('many')).keys()]), manyRepositories);
      assert.deepEqual(await client().namespaces(), ['many', 'unusual']);
    });

    test('a page size the registry refuses', SOON, async () => {
      assert.deepEqual(many(await listOf(client().catalog({ pageSize: 100_000 }))), manyRepositories);
    });

    test('more tags than a page holds', SOON, async () => {
      assert.deepEqual((await client().repository('many/tags').tags()).sort(), manyTags.toSorted());
      assert.deepEqual(
        (await listOf(client().repository('many/tags').eachTag({ pageSize: 7 }))).sort(),
        manyTags.toSorted(),
      );
    });

    test('a listing begins after an item', SOON, async () => {
      // distribution gives all tags whatever `last` says.
      const tags = await listOf(client().repository('many/tags').eachTag({ pageSize: 7, last: 'v5' }));
      const after = manyTags.filter((tag) => tag > 'v5').sort();
      assert.deepEqual(tags.filter((tag) => tag > 'v5').sort(), after);
      assert.ok([after.length, manyTags.length].includes(tags.length), `${tags.length} tags`);
      const [last] = manyRepositories.slice(-4);
      assert.deepEqual(many(await listOf(client().catalog({ last }))), manyRepositories.slice(-3));
    });

    test('a listing that is left early asks for no more', SOON, async () => {
      requests = [];
      for await (const name of client().catalog({ pageSize: 10 })) {
        assert.equal(typeof name, 'string');
        break;
      }
      assert.equal(asked('/v2/_catalog'), 1);
    });

    test('the last tag was deleted', SOON, async () => {
      assert.deepEqual(await client().repository('unusual/deleted').tags(), []);
    });

    test('limits', SOON, async () => {
      const limited = client({ maxItems: 50 });
      const items = [];
      await refused(async () => {
        for await (const name of limited.catalog({ pageSize: 20 })) items.push(name);
      }, 'TOO_LARGE');
      assert.ok(items.length > 0 && items.length <= 50, `${items.length} items`);
      await refused(() => listOf(client({ maxPages: 2 }).catalog({ pageSize: 20 })), {
        code: 'TOO_LARGE',
        message: /maxPages/,
      });
      await limited.checkStatus();
    });
  });
}

// B11, real: nginx ends TLS, and the registry names itself by another scheme and name; or it is behind a path that it does not
// know of; or something takes the brackets away.
const behind = {
  'another scheme and name': { link: '<http://registry.internal:5000$<target>>$<rest>' },
  'no brackets': { link: 'http://registry.internal:5000$<target>$<rest>' },
  'a path': { path: '/registry' },
};
describe('distribution behind nginx', () => {
  let registry;
  before(async () => {
    registry = await startDistribution();
    await fillListings(registry);
  }, SOON);
  after(() => registry.stop());

  for (const [title, { link, path = '' }] of Object.entries(behind)) {
    test(`${title}: the whole catalog`, SOON, async () => {
      const server = await startNginx({
        registry: registry.url,
        path,
        http: link ? mapLink(link) : '',
        locations: `location ${path}/ {
          proxy_pass http://127.0.0.1:5000/;
          ${link ? 'proxy_hide_header Link; add_header Link $other_link;' : ''}
        }`,
      });
      try {
        const requests = [];
        const client = new DockerRegistryClient(server.url, { onRequest: ({ url }) => requests.push(url) });
        const names = await listOf(client.catalog({ pageSize: 25 }));
        assert.deepEqual(names.filter((name) => name.startsWith('many/r')).sort(), manyRepositories);
        assert.equal(new Set(names).size, names.length);
        assert.ok(
          requests.length > 5 && requests.every((url) => url.startsWith(`${server.url}/`)),
          requests.join('\n'),
        );
        const { findings, text } = await client.diagnose();
        assert.equal(
          findings.some(({ code }) => code === 'LINK_UNUSABLE'),
          link !== undefined,
          text,
        );
      } finally {
        await server.stop();
      }
    });
  }
});

/** nginx's map of the registry's Link to another form. */
function mapLink(form) {
  const value = form.replaceAll(/\$<(\w+)>/g, '${$1}');
  return `map $upstream_http_link $other_link { default ""; "~^<(?<target>[^>]*)>(?<rest>.*)$" '${value}'; }`;
}

describe('as no real registry pages', () => {
  let server;
  let client;
  before(async () => {
    server = await startScripted();
    client = new DockerRegistryClient(server.url);
  });
  after(() => server.stop());

  const tags = (items, link) => json({ name: 'a/b', tags: items }, link && { link });
  /** Answers by the value of `last`. */
  const pages = (byLast) => (request, response) => {
    const last = new URL(request.url, server.url).searchParams.get('last') ?? '';
    (byLast[last] ?? error(404, 'NO_SUCH_PAGE'))(request, response);
  };
  const listTags = () => client.repository('a/b').tags();

  for (const [title, link] of Object.entries({
    'relative, quoted': () => '</v2/a/b/tags/list?n=1000&last=one>; rel="next"',
    'rel not quoted': () => '</v2/a/b/tags/list?last=one>; rel=next',
    absolute: () => `<${server.url}/v2/a/b/tags/list?last=one>; rel="next"`,
    'query alone': () => '<?last=one>; rel="next"',
    'another relation first': () => '</v2/a/b/tags/list>; rel="first", </v2/a/b/tags/list?last=one>; rel="next"',
    'several relations in one': () => '</v2/a/b/tags/list?last=one>; rel="last next"',
    'upper case': () => '</v2/a/b/tags/list?last=one>; REL="NEXT"',
    'the path prefix dropped': () => '</a/b/tags/list?last=one>; rel="next"',
  })) {
    test(`Link: ${title}`, SOON, async () => {
      server.script = { '/v2/a/b/tags/list': pages({ '': tags(['one'], link()), one: tags(['two']) }) };
      assert.deepEqual(await listTags(), ['one', 'two']);
    });
  }

  test('an opaque cursor is passed on as it is', SOON, async () => {
    const cursor = 'next_page=gAAAA%2B%2Fb%3D%3D&x=a+b';
    server.script = {
      '/v2/a/b/tags/list': (request, response) => {
        const first = !request.url.includes('next_page');
        if (!first) assert.ok(request.url.endsWith(`?${cursor}`), request.url);
        tags(first ? ['one'] : ['two'], first ? `</v2/a/b/tags/list?${cursor}>; rel="next"` : undefined)(
          request,
          response,
        );
      },
    };
    assert.deepEqual(await listTags(), ['one', 'two']);
  });

  test('short and empty pages do not end a listing', SOON, async () => {
    const next = (last) => `</v2/a/b/tags/list?last=${last}>; rel="next"`;
    server.script = {
      '/v2/a/b/tags/list': pages({
        '': tags([], next('x')),
        x: tags(['one'], next('y')),
        y: tags(null, next('z')),
        z: tags(['two']),
      }),
    };
    assert.deepEqual(await listTags(), ['one', 'two']);
  });

  test('a list cut at `n` without a Link', SOON, async () => {
    server.script = {
      '/v2/a/b/tags/list': pages({ '': tags(['one', 'two']), two: tags(['three', 'four']), four: tags([]) }),
    };
    assert.deepEqual(await listOf(client.repository('a/b').eachTag({ pageSize: 2 })), ['one', 'two', 'three', 'four']);
  });

  const all = ['1', '2', '3', '4', '5'];
  /** Two a page, by `last`; `link` says what the header field holds after an item. */
  const paging = (link) => (request, response) => {
    const last = new URL(request.url, server.url).searchParams.get('last') ?? '';
    const page = all.filter((tag) => tag > last).slice(0, 2);
    tags(page, link(page.at(-1) ?? ''))(request, response);
  };

  // B11: nothing is sent to where such a Link leads, and no tag is lost.
  for (const [title, link] of Object.entries({
    'to another host': (last) => `<http://registry.example/v2/a/b/tags/list?last=${last}>; rel="next"`,
    'to another port': (last) => `<http://127.0.0.1:1/v2/a/b/tags/list?last=${last}>; rel="next"`,
    'without a scheme': (last) => `<//registry.example/v2/a/b/tags/list?last=${last}>; rel="next"`,
    'to another scheme': (last) => `<https://127.0.0.1/v2/a/b/tags/list?last=${last}>; rel="next"`,
    'not in brackets': (last) => `${server.url}/v2/a/b/tags/list?last=${last}; rel="next"`,
    'to a script': () => '<javascript:alert(1)>; rel="next"',
    'not closed': (last) => `</v2/a/b/tags/list?last=${last}; rel="next"`,
    'on every page': (last) => `</v2/a/b/tags/list?last=${last}>; rel="next"`,
    empty: () => '<>; rel="next"',
  })) {
    test(`a Link ${title}`, SOON, async () => {
      server.script = { '/v2/a/b/tags/list': paging(link) };
      assert.deepEqual(await listTags(), all);
      assert.deepEqual(await listOf(client.repository('a/b').eachTag({ pageSize: 2 })), all);
    });
  }

  test('a Link that leads nowhere, and no other way on', SOON, async () => {
    server.script = { '/v2/a/b/tags/list': pages({ '': tags(['one'], '<http://registry.example/?p=2>; rel="next"') }) };
    await refused(listTags, 'PAGING_LOOP');
  });

  // C27.
  test('a catalog that ignores `last`, and none at all', SOON, async () => {
    server.script = {
      '/v2/_catalog': json({ repositories: ['a', 'b'] }, { link: '</v2/_catalog?last=b>; rel="next"' }),
    };
    await refused(() => listOf(client.catalog()), 'PAGING_LOOP');
    server.script = { '/v2/': json({}), '/v2/_catalog': error(403, 'DENIED') };
    for (const list of [() => listOf(client.catalog()), () => client.repositories(), () => client.namespaces()]) {
      await refused(list, { code: 'UNSUPPORTED', status: 403, message: /has no catalog .*or does not show it/ });
    }
    server.script = {};
    await refused(() => client.repositories(), { code: 'UNSUPPORTED', message: /has no catalog/ });
  });

  // C19.
  test('items longer than the grammar allows, and pages that unpack to more', SOON, async () => {
    server.script = { '/v2/a/b/tags/list': tags(['one', 'x'.repeat(30_000_000)]) };
    await refused(listTags, { code: 'INVALID_RESPONSE', message: /tags\[1\]: it has 30000000 bytes; 128 at most/ });
    let page = 0;
    const padding = ' '.repeat(30_000_000);
    server.script = {
      '/v2/a/b/tags/list': (_request, response) => {
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-encoding': 'gzip',
          link: `</v2/a/b/tags/list?p=${(page += 1)}>; rel="next"`,
        });
        response.end(gzipSync(`{"tags":["t${page}"]${padding}}`));
      },
    };
    await refused(listTags, { code: 'TOO_LARGE', message: /bytes allowed/ });
    assert.ok(page < 12, `${page} pages`);
  });

  test('a Link in a circle', SOON, async () => {
    const next = (last) => `</v2/a/b/tags/list?last=${last}>; rel="next"`;
    server.script = {
      '/v2/a/b/tags/list': pages({
        '': tags(['one'], next('a')),
        a: tags(['two'], next('b')),
        b: tags(['three'], next('a')),
      }),
    };
    await refused(listTags, 'PAGING_LOOP');
    server.script = { '/v2/a/b/tags/list': tags(['one'], '</v2/a/b/tags/list?n=1000>; rel="next"') };
    await refused(listTags, 'PAGING_LOOP');
  });

  test('pages without an end', SOON, async () => {
    let page = 0;
    server.script = {
      '/v2/a/b/tags/list': (request, response) =>
        tags([`t${page}`], `</v2/a/b/tags/list?last=t${(page += 1)}>; rel="next"`)(request, response),
    };
    const limited = new DockerRegistryClient(server.url, { maxPages: 20 });
    await refused(() => limited.repository('a/b').tags(), { code: 'TOO_LARGE', message: /maxPages/ });
    assert.ok(page <= 21, `${page} pages were asked for`);
  });

  for (const [title, body] of Object.entries({ null: { tags: null }, absent: { name: 'a/b' }, empty: { tags: [] } })) {
    test(`tags: ${title}`, SOON, async () => {
      server.script = { '/v2/a/b/tags/list': json(body) };
      assert.deepEqual(await listTags(), []);
    });
  }
  for (const body of [{ tags: ['one', 2] }, { tags: 'one' }, { tags: {} }, [], null, 'text', { tags: [['one']] }]) {
    test(`tags/list that is ${JSON.stringify(body)}`, SOON, async () => {
      server.script = { '/v2/a/b/tags/list': json(body) };
      await refused(listTags, 'INVALID_RESPONSE');
    });
  }

  test('names that break the grammar are data until they are used', SOON, async () => {
    const odd = ['__proto__', '../../etc', 'UPPER/Case', '<script>', 'a?b#c', 'constructor', 'good/one'];
    server.script = { '/v2/_catalog': json({ repositories: odd }) };
    const repositories = await client.repositories();
    assert.deepEqual([...repositories.keys()], odd);
    assert.equal(Object.prototype.name, undefined);
    server.requests.length = 0;
    for (const name of odd.filter((one) => !['good/one', 'constructor'].includes(one))) {
      await refused(() => repositories.get(name).tags(), 'INVALID_REFERENCE');
    }
    assert.deepEqual(server.requests, []);
  });
});
