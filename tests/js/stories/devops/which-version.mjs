// "Which version is `latest`?" for the chat bot of the team.
import { connect } from 'docker-registry-client-wasm/node';

const [host] = process.argv.slice(2);
const repository = connect(host).repository('team/web');
const latest = await repository.headManifest('latest');
for await (const { tag, digest } of repository.describeTags({ order: 'version' })) {
  if (digest === latest.digest && /^\d+\.\d+\.\d+$/.test(tag)) console.log(`latest is ${tag}`);
}
