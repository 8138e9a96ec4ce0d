// Serves the files of a few folders, and nothing else.
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream';

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @typedef {{ root: string, path: string, size: number }} File
 */

/** @type {Record<string, string>} */
const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.md': 'text/plain; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ts': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/**
 * @param {Record<string, string>} folders path prefix, with leading and trailing slash → folder; the longest prefix wins
 * @returns {(request: IncomingMessage, response: ServerResponse) => Promise<unknown>}
 */
export function filesOf(folders) {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);

  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(response, 405, { allow: 'GET, HEAD' });
    const path = decoded(request.url);
    const prefix = prefixes.find((one) => path?.startsWith(one));
    const file = path && prefix && (await fileIn(folders[prefix], path.slice(prefix.length)));
    if (!file) return plain(response, 404);
    /** @type {File & { encoding?: string }} */
    const { encoding, ...sent } = (await compressed(file, request)) ?? file;
    response.writeHead(200, {
      'content-type': types[extname(file.path)] ?? 'application/octet-stream',
      'content-length': sent.size,
      ...(encoding && { 'content-encoding': encoding }),
      vary: 'accept-encoding',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    if (request.method === 'HEAD') return response.end();
    pipeline(createReadStream(sent.path), response, () => {});
  };
}

const ENDINGS = { br: '.br', gzip: '.gz' };

/**
 * The compressed neighbour of a file, where the browser takes its encoding; the first of ENDINGS wins.
 * @param {File} file
 * @param {IncomingMessage} request
 */
async function compressed({ root, path }, { headers }) {
  const accepted = `${headers['accept-encoding'] ?? ''}`.split(',').map((one) => one.trim().toLowerCase());
  for (const [encoding, ending] of Object.entries(ENDINGS)) {
    if (!accepted.some((one) => one === encoding || (one.startsWith(`${encoding};`) && !/;q=0(\.0*)?$/.test(one))))
      continue;
    const file = await regular(root, path + ending);
    if (file) return { ...file, encoding };
  }
  return undefined;
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {Record<string, string>} [headers]
 */
function plain(response, status, headers) {
  response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(`${status}\n`);
}

/**
 * Decodes the path of a request once; undefined if it cannot be decoded.
 * @param {string | undefined} url
 */
function decoded(url) {
  try {
    return decodeURIComponent(new URL(`http://page${url}`).pathname);
  } catch {
    return undefined;
  }
}

/**
 * Resolves a file inside the folder, following symbolic links: neither ".." nor an encoded slash nor a link leads out of it.
 * @param {string} folder
 * @param {string} path
 */
async function fileIn(folder, path) {
  const hidden = path.split(/[/\\]/).some((part) => part.startsWith('.'));
  if (hidden || path.includes('\0')) return undefined;
  const root = await realpath(folder).catch(() => undefined);
  return root && regular(root, join(root, path.endsWith('/') || path === '' ? `${path}index.html` : path));
}

/**
 * @param {string} root
 * @param {string} path
 * @returns {Promise<File | undefined>}
 */
async function regular(root, path) {
  try {
    const real = await realpath(path);
    const facts = await stat(real);
    return facts.isFile() && real.startsWith(root + sep) ? { root, path: real, size: facts.size } : undefined;
  } catch {
    return undefined;
  }
}
