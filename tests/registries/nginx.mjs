// nginx before a registry: as `diagnose()` proposes it, and in the shapes in which operators have put it there.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { find } from '../../www/registry/programs.mjs';
import { startRegistry } from '../../www/registry/process.mjs';

/** Stands for the registry in what a server's block holds. */
const REGISTRY = 'http://127.0.0.1:5000';

/**
 * nginx before a registry.
 * @param {{ registry: string, locations: string, http?: string, path?: string }} options `locations`: what a server's block
 *   holds; `http`: what stands before that block. Both have `http://127.0.0.1:5000` for the registry, and CACHE for an empty
 *   folder. `path`: where below the server's root the registry is
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>} `url` includes `path`
 */
export async function startNginx({ registry, locations, http = '', path = '' }) {
  const server = await startRegistry('nginx', async ({ port, folder }) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const file = join(folder, 'nginx.conf');
    const cache = join(folder, 'cache');
    await mkdir(cache);
    const filled = (text) => text.replaceAll(REGISTRY, registry).replaceAll('CACHE', cache);
    await writeFile(
      file,
      // One process: workers would outlive one that is killed, and be a user who may not enter our folders.
      `daemon off;
master_process off;
pid ${join(folder, 'nginx.pid')};
error_log stderr;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n  ')}
  ${filled(http)}
  server {
    listen 127.0.0.1:${port};
    ${filled(locations)}
  }
}
`,
    );
    return { command: find('nginx') ?? 'nginx', args: ['-c', file, '-e', 'stderr'] };
  });
  return { ...server, url: `${server.url}${path}` };
}

/** The registry behind nginx, under the name that the client used: distribution makes its absolute Locations of it. */
const PASS = `proxy_pass ${REGISTRY};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_request_buffering off;
      proxy_buffering off;`;
const WHOLE = 'client_max_body_size 0;';
const all = (settings = '') => `${WHOLE}
    location / {
      ${PASS}
      ${settings}
    }`;
/** What is named by a tag or is a list: all that changes, and is not an upload. */
const MUTABLE = '~ ^/v2/(_catalog|.+/(tags/list|referrers/.+|manifests/(?!sha256:).+))$';
const MANIFESTS = '~ ^/v2/.+/manifests/';

/** Answers HEAD of a manifest by other rules than the rest. A named location keeps the method. */
const heads = (settings) => `${all()}
    location ${MANIFESTS} {
      error_page 599 = @head;
      if ($request_method = HEAD) { return 599; }
      ${PASS}
    }
    location @head { ${settings} }`;

/** What nginx has in its answer beside what the registry says; `sub_filter` costs the answer its Content-Length. */
const headsWithout = (type, { digest = false, length = false } = {}) =>
  heads(`${PASS}
      proxy_hide_header Content-Type;
      ${type === undefined ? '' : `add_header Content-Type ${type} always;`}
      ${digest ? '' : 'proxy_hide_header Docker-Content-Digest; proxy_hide_header ETag;'}
      ${length ? '' : "sub_filter_types *; sub_filter 'a b c' 'a b c';"}`);

/** nginx's own page, as a load balancer, a login portal or a firewall shows one. */
const PAGE = `<!doctype html><html><head><title>Error</title></head><body><h1>Error</h1><p>Please contact your administrator.</p></body></html>`;

const caching = (settings) => ({
  http: 'proxy_cache_path CACHE keys_zone=registry:1m;',
  locations: `${all()}
    location ${MUTABLE} {
      ${PASS.replace('proxy_buffering off', 'proxy_buffering on')}
      proxy_cache registry;
      proxy_cache_valid 200 404 10m;
      proxy_ignore_headers Cache-Control Expires Vary Set-Cookie;
      add_header X-Cache $upstream_cache_status always;
      ${settings}
    }`,
});

/**
 * How nginx stands before a registry, by name: options of startNginx() without the registry.
 * @type {Record<string, { locations: string, http?: string, path?: string }>}
 */
export const nginxVariants = {
  /** Nothing but a proxy. */
  plain: { locations: all() },
  /** Tags and lists may be kept for ten minutes by whoever reads them: by browsers. */
  'max-age': {
    locations: `${all()}
    location ${MUTABLE} {
      ${PASS}
      add_header Cache-Control 'public, max-age=600' always;
    }`,
  },
  /** No lifetime, but a date long ago: browsers then take a tenth of the age for one (RFC 9111 §4.2.2). */
  'last-modified': {
    locations: `${all()}
    location ${MUTABLE} {
      ${PASS}
      add_header Last-Modified 'Wed, 01 Jan 2020 00:00:00 GMT' always;
    }`,
  },
  /** Keeps tags and lists itself, absent ones too, unless a request says `Cache-Control: no-cache`. */
  cache: caching('proxy_cache_bypass $http_cache_control $http_pragma;'),
  /** Keeps them whatever a request says. */
  'stubborn-cache': caching(''),
  /** 413 for a body of more than 1 MB, as nginx does unless it is told otherwise. */
  'body-limit': { locations: all().replace(WHOLE, '') },
  /** The registry is under a path that it does not know of: its Locations and Links lack it. */
  prefix: {
    path: '/registry',
    locations: `${WHOLE}
    location /registry/ {
      ${PASS.replace(REGISTRY, `${REGISTRY}/`)}
      proxy_redirect off;
    }`,
  },
  /** The registry is told another name than clients know, and says it in its Locations. */
  'internal-name': {
    locations: all('proxy_redirect off;').replace('$http_host', 'registry.internal:5000'),
  },
  /** Nexus 3: HEAD of a manifest is 404 with a page, GET finds it. */
  'head-404': { locations: heads(`default_type text/html; return 404 '${PAGE}';`) },
  /** HEAD is not allowed at all. */
  'head-405': { locations: heads('default_type text/plain; return 405 "method not allowed";') },
  /** HEAD finds everything, there or not. */
  'head-200': { locations: heads('default_type text/html; return 200 "";') },
  /** HEAD tells neither type nor digest nor length. */
  'head-json': { locations: headsWithout('application/json') },
  'head-octets': { locations: headsWithout('application/octet-stream') },
  'head-html': { locations: headsWithout('text/html') },
  'head-bare': { locations: headsWithout(undefined) },
  /** HEAD tells the length and a type that no manifest has. */
  'head-plain-text': { locations: headsWithout("'text/plain; charset=utf-8'", { length: true }) },
  /** Neither GET nor HEAD of a manifest tells its type and digest. */
  'generic-manifests': {
    locations: `${all()}
    location ${MANIFESTS} {
      ${PASS}
      proxy_hide_header Content-Type;
      proxy_hide_header Docker-Content-Digest;
      add_header Content-Type application/json always;
    }`,
  },
  /** Each error of the registry becomes nginx's own page, with the same status (a named location keeps it). */
  'html-errors': {
    locations: `${all('proxy_intercept_errors on; error_page 400 401 403 404 405 406 416 500 502 503 @page;')}
    location @page { default_type text/html; return 200 '${PAGE}'; }`,
  },
  /** What the registry does not find is a page with status 200. */
  'html-200': {
    locations: `${all('proxy_intercept_errors on; error_page 404 =200 @page;')}
    location @page { default_type text/html; return 200 '${PAGE}'; }`,
  },
  /** Everything is a page: the registry's name leads to something else. */
  'html-all': { locations: `location / { default_type text/html; return 200 '${PAGE}'; }` },
  /** A vanity host: everything is elsewhere. */
  ...Object.fromEntries(
    [301, 302, 307, 308].map((status) => [
      `redirect-${status}`,
      { locations: `location / { return ${status} ${REGISTRY}$request_uri; }` },
    ]),
  ),
};

/**
 * nginx in one of its shapes before a registry; they stop together.
 * @param {keyof typeof nginxVariants} variant
 * @param {{ url: string, stop: () => Promise<void> }} registry that runs already
 * @returns {Promise<{ url: string, registry: object, stop: () => Promise<void> }>} and what else the registry says of itself
 */
export async function startBehindNginx(variant, registry) {
  try {
    const nginx = await startNginx({ ...nginxVariants[variant], registry: registry.url });
    return { ...registry, url: nginx.url, registry, stop: () => Promise.all([nginx.stop(), registry.stop()]) };
  } catch (error) {
    await registry.stop();
    throw error;
  }
}
