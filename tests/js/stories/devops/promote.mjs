// A release goes from the build's registry to production, which has a company certificate and a login. CI may run it twice.
import { readFileSync } from 'node:fs';

import { connect, isRegistryError } from 'docker-registry-client-wasm/node';

const [from, to, release] = process.argv.slice(2);
const source = connect(from).repository('team/web');
const production = connect(to, {
  ca: readFileSync('story-ca.pem'),
  username: 'alice',
  password: process.env.REGISTRY_PASSWORD,
});
try {
  const copied = await production.copy({ repository: source, reference: release }, `team/web:${release}`);
  await production.repository('team/web').tag('stable', copied.digest);
  console.log('stable', copied.digest, copied.bytes);
} catch (error) {
  if (!isRegistryError(error)) throw error;
  console.log(error.code);
  process.exitCode = 1;
}
