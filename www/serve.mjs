// `npm start`: builds the package where needed, starts and fills a registry on this machine, and serves the demo page.
import { parseArgs } from 'node:util';

import { ensureBuilt } from '../xtask/ensure.mjs';
import { find } from './registry/programs.mjs';
import { startDistribution, startFerro } from './registry/servers.mjs';
import { startSite } from './server/site.mjs';

const USAGE = `npm start [-- options]
  --registry URL   show this registry instead of one on this machine: "https://registry.example.com", "localhost:5000"
  --port NUMBER    default 8099, or the next free one
  --help`;

const stops = [];
let stopping = false;
async function stop(exitCode) {
  if (stopping) return;
  stopping = true;
  for (const one of stops.reverse()) await one();
  process.exit(exitCode);
}
process.on('SIGINT', () => stop(0));
process.on('SIGTERM', () => stop(0));

const options = readOptions(process.argv.slice(2));
try {
  await ensureBuilt();
  const registry = options.registry ?? (await localRegistry());
  const site = await startSite({ registry, port: options.port });
  stops.push(site.stop);
  console.log(`\nThe page: ${site.url}/\nIt shows: ${registry}\nCtrl-C stops everything.`);
} catch (error) {
  console.error(error.message);
  await stop(1);
}

/** Starts Debian's docker-registry if it is installed, else a server that cargo installs. */
async function localRegistry() {
  const server = await (find('docker-registry') ? startDistribution() : startFerro());
  stops.push(server.stop);
  // Imported here, because creating the images takes a moment.
  const [{ fill }, { samples }, { fileSamples }] = await Promise.all([
    import('./registry/fill.mjs'),
    import('./registry/sample-images.mjs'),
    import('./registry/sample-files.mjs'),
  ]);
  await fill(server, { ...samples, ...fileSamples });
  return server.url;
}

function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: { registry: { type: 'string' }, port: { type: 'string', default: '8099' }, help: { type: 'boolean' } },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    return {
      port: portNumber(values.port),
      registry: values.registry === undefined ? undefined : registryUrl(values.registry),
    };
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function portNumber(text) {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new Error(`--port ${text}: a number from 0 to 65535 is needed`);
  return Number(text);
}

/** Reads a host as the package does: without a scheme, http for this machine and https for others. */
function registryUrl(text) {
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(text);
  const absolute = /^[a-z]+:\/\//i.test(text) ? text : `${local ? 'http' : 'https'}://${text}`;
  if (!URL.canParse(absolute)) throw new Error(`--registry ${text}: not a URL`);
  const url = new URL(absolute);
  if (!['http:', 'https:'].includes(url.protocol)) throw new Error(`--registry ${text}: http or https is needed`);
  if (url.username || url.password)
    throw new Error('--registry: no user name or password in the URL, please; the page asks for them');
  if (url.search || url.hash) throw new Error(`--registry ${text}: no query and no fragment, please`);
  return url.href.replace(/\/+$/, '');
}
