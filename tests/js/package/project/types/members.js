// Prints what the built module has: its exports, the members of its classes, and the options of its calls.

import * as api from 'docker-registry-client-wasm';

/** wasm-bindgen's own, on every class it makes. */
const GENERATED = new Set(['constructor', '__destroy_into_raw', '__wbg_ptr']);

function membersOf(target) {
  const members = {};
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(target))) {
    if (GENERATED.has(name)) continue;
    members[name] = typeof value === 'function' ? { kind: 'method', parameters: value.length } : { kind: 'property' };
  }
  return members;
}

function anError() {
  try {
    new api.DockerRegistryClient('localhost').repository('Not A Name');
  } catch (error) {
    return error;
  }
  throw new Error('a bad name was taken');
}

const classes = {};
for (const [name, value] of Object.entries(api)) {
  if (/^class\b/.test(Function.prototype.toString.call(value))) classes[name] = membersOf(value.prototype);
}
const { message, stack, cause, ...own } = Object.getOwnPropertyDescriptors(anError());
Object.assign(classes.RegistryError, membersOf(Object.create(null, own)));

const client = new api.DockerRegistryClient('localhost');
const repository = client.repository('a/b');
const digest = `sha256:${'0'.repeat(64)}`;
const planned = (part) => repository.planCleanup({ remove: { tags: ['*'] }, ...part });
/** A call with each options object of index.d.ts. None gets as far as a request. */
const calls = {
  ClientOptions: (options) => new api.DockerRegistryClient('localhost', options),
  RetryOptions: (retry) => new api.DockerRegistryClient('localhost', { retry }),
  CallOptions: (options) => client.apiVersion(options),
  ListOptions: (options) => client.catalog(options),
  DiagnoseOptions: (options) => client.diagnose(options),
  CopyOptions: (options) => client.copy('a', 'b', options),
  InventoryOptions: (options) => client.inventory(options),
  UsageOptions: (options) => repository.usage(options),
  PlanCleanupOptions: (options) => repository.planCleanup({ remove: { tags: ['*'] } }, options),
  TagsOptions: (options) => repository.tags(options),
  DescribeTagsOptions: (options) => repository.describeTags(options),
  ImageOptions: (options) => repository.image('a', options),
  ManifestOptions: (options) => repository.manifest('a', options),
  BlobOptions: (options) => repository.blob(digest, options),
  TagOptions: (options) => repository.tag('a', 'b', options),
  TagMove: (move) => repository.tag(move),
  PushManifestOptions: (options) => repository.pushManifest('a', {}, options),
  DeleteManifestOptions: (options) => repository.deleteManifest(digest, options),
  CreateIndexOptions: (options) => repository.createIndex('a', ['b'], options),
  ReferrersOptions: (options) => repository.referrers(digest, options),
  PushBlobOptions: (options) => repository.pushBlob(new Uint8Array(), options),
  PushArtifactOptions: (options) => repository.pushArtifact(options),
  ArtifactFile: (file) => repository.pushArtifact({ artifactType: 'a/b', files: [file] }),
  ArtifactConfig: (config) => repository.pushArtifact({ artifactType: 'a/b', config }),
  CleanupPolicy: (policy) => repository.planCleanup(policy),
  CleanupKeep: (keep) => planned({ keep }),
  CleanupSemver: (semver) => planned({ keep: { semver } }),
  CleanupRemove: (remove) => planned({ remove }),
};

/** The names that a call knows: it lists them where it is given one that none of them is like. */
async function optionsOf(call) {
  try {
    await call({ unheardOfOptionName: 1 });
  } catch ({ message }) {
    return /((?:\w+, )*\w+)$/.exec(message)[1].split(', ');
  }
  throw new Error('a name that is not known was taken');
}

const options = {};
for (const [name, call] of Object.entries(calls)) options[name] = await optionsOf(call);

console.log(JSON.stringify({ exports: Object.keys(api), classes, options }));
