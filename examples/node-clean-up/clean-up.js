// Cleans up the repositories of a registry: `npm start -- team/` shows what would go, `npm start -- team/ --apply` removes it.
// Logins are docker's; REGISTRY_USER and REGISTRY_PASSWORD take precedence.
import { parseArgs } from 'node:util';

import { connect, isRegistryError } from 'docker-registry-client-wasm/node';

const { values, positionals } = parseArgs({ options: { apply: { type: 'boolean' } }, allowPositionals: true });
const [prefix = ''] = positionals;
const { REGISTRY = 'http://localhost:5000', REGISTRY_USER: username, REGISTRY_PASSWORD: password } = process.env;

const policy = {
  keep: { newest: 2, tags: ['latest', 'v*'] },
  remove: { olderThan: '30d' },
};

// Ctrl-C ends at a point that leaves nothing half done.
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const { signal } = stop;

const client = connect(REGISTRY, username && password ? { username, password } : {});

try {
  for await (const name of client.catalog({ signal })) {
    if (name.startsWith(prefix)) await cleanUp(name);
  }
} catch (error) {
  if (signal.aborted) process.exitCode = 130;
  else if (isRegistryError(error)) {
    console.error(`${error.code}: ${error.message}`);
    process.exitCode = 1;
  } else throw error;
}

async function cleanUp(name) {
  const plan = await client.repository(name).planCleanup(policy, { signal });
  for (const { tag, action, reasons } of plan.tags) console.log(name, action, tag, reasons.join('; '));
  if (!values.apply) return;

  const { removed, failed, remaining } = await plan.apply({ signal });
  console.log(name, removed.length, 'removed', failed.length, 'failed', remaining.length, 'remaining');
  for (const { what, error } of failed) console.error(name, what, error.code, error.message);
  if (failed.length + remaining.length > 0) process.exitCode = 3;
}
