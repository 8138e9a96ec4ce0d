// The edge sites need two platforms of the image and its signature, nothing else.
import { connect } from 'docker-registry-client-wasm/node';

const [from, to] = process.argv.slice(2);
const source = { repository: connect(from).repository('team/web'), reference: '2.0.0' };
const site = connect(to);
await site.copy(source, 'team/web:2.0.0', { platforms: ['linux/amd64', 'linux/arm64'], referrers: true });
const index = await site.repository('team/web').manifest('2.0.0');
for (const { digest, platform } of index.manifests) {
  if (platform.architecture === 'unknown') continue; // the attestations that come with the images
  const signatures = await site.repository('team/web').referrers(digest);
  console.log(platform.architecture, signatures.map(({ artifactType }) => artifactType).join());
}
