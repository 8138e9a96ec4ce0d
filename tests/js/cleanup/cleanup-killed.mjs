// A clean-up that is killed: a process of its own, which applies a plan and ends itself in the middle. Started by
// cleanup.test.mjs: `node cleanup-killed.mjs URL REPOSITORY POLICY DELETIONS`.
import process from 'node:process';

import { DockerRegistryClient } from '../support/packed.mjs';

const [url, repository, policy, deletions] = process.argv.slice(2);
let seen = 0;
/** Kills the process as its deletions go out: whether the registry gets the last one is up to chance. */
const killing = (input, init) => {
  const response = fetch(input, init);
  if ((init?.method ?? input.method) === 'DELETE' && (seen += 1) >= Number(deletions)) {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(deletions) % 3);
  }
  return response;
};
const client = new DockerRegistryClient(url, { fetch: killing });
const plan = await client.repository(repository).planCleanup(JSON.parse(policy));
await plan.apply();
