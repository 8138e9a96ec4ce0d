// `docker-registry-client-wasm`: what it takes for arguments, whom it logs in as, how it ends.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { createAuthority } from '../../registries/certificates.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { freePort } from '../../../www/registry/process.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { error, hangs, json, send, startScripted } from '../../registries/scripted.mjs';
import { credentials, startDistribution } from '../../registries/servers.mjs';
import { cli, ended, installed, onTerminal, start, version } from './cli.mjs';
import { auth } from '../authentication/docker-logins.mjs';
import { sources } from '../support/packed.mjs';
import { SOON } from '../support/support.mjs';

const PROGRAM = 'docker-registry-client-wasm';
const COMMANDS = ['repos', 'tags', 'inspect', 'tag', 'untag', 'copy', 'cleanup', 'diagnose'];
const folder = mkdtempSync(join(tmpdir(), 'cli-'));
const written = (name, text) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

let plain;
let host;
let basic;
let secure;
let strict;
let authority;
before(async () => {
  authority = await createAuthority();
  plain = await startDistribution();
  host = new URL(plain.url).host;
  await fill(plain, { hello: samples.hello, 'team/web': { '1.0.0': samples['team/web']['1.0.0'] } });
  const { data } = plain;
  [basic, secure, strict] = await Promise.all([
    startDistribution({ data, auth: 'basic' }),
    startDistribution({ data, tls: authority.server }),
    startDistribution({ data, tls: { ...authority.server, clientCa: authority.ca } }),
  ]);
}, SOON);
after(async () => {
  await Promise.all([plain, basic, secure, strict].map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

// ───────────── Help and usage

test('help and version', SOON, async () => {
  const overview = await cli('--help');
  assert.deepEqual([overview.code, overview.err], [0, '']);
  for (const text of [...COMMANDS, '--password-stdin', 'Exit codes:\n  0    success'])
    assert.ok(overview.out.includes(text), text);
  assert.equal((await cli('-h')).out, overview.out);
  assert.deepEqual(
    overview.out.split('\n').filter((line) => line.length > 120),
    [],
  );
  for (const name of COMMANDS) {
    const { code, out } = await cli(`${name} --help`);
    assert.equal(code, 0);
    assert.ok(out.startsWith(`Usage: ${PROGRAM} ${name} `), out);
    assert.match(out, new RegExp(`Example:\n  ${PROGRAM} ${name} `));
    assert.ok(
      out.split('\n').every((line) => line.length <= 120),
      out,
    );
  }
  assert.equal((await cli('help tags')).out, (await cli('tags --help')).out);
  assert.equal((await cli('help')).out, overview.out);
  const short = spawnSync(join(installed, '..', '.bin', 'drc'), ['--help'], { encoding: 'utf8' }).stdout;
  assert.equal(short, overview.out.replace(`Usage: ${PROGRAM}`, 'Usage: drc'));
  assert.deepEqual(await cli('--version').then(({ code, out }) => [code, out]), [0, `${version}\n`]);
});

for (const [args, message] of [
  ['', 'a command is needed'],
  ['tgas x/y', 'unknown command "tgas"; did you mean "tags"?'],
  ['__proto__', /unknown command "__proto__"; there are repos, catalog, tags/],
  ['toString', /unknown command "toString"/],
  ['delete a.example/b:1', 'unknown command "delete"; did you mean "untag" or "manifest delete"?'],
  ['resolve a.example/b:1', 'unknown command "resolve"; did you mean "digest"?'],
  ['put a.example/b x', 'unknown command "put"; did you mean "manifest put" or "blob put"?'],
  ['tags', 'HOST/REPOSITORY is missing'],
  ['tags a.example/b a.example/c', 'HOST/REPOSITORY: 1 argument too many'],
  ['tags a.example/b --filtre x', 'unknown option --filtre; did you mean "--filter"?'],
  ['tags a.example/b -z', /^unknown option -z; /],
  ['tags a.example/b --namespace x', 'tags does not take --namespace'],
  ['cleanup a.example/b --dry-run', 'cleanup changes nothing without --apply, and has no --dry-run'],
  ['untag a.example/b:1 --dry-run', 'untag does not take --dry-run'],
  ['--namespace x', '--namespace needs a command'],
  ['tags a.example/b --order', '--order: ORDER is missing'],
  ['tags a.example/b --order --long', '--order: ORDER is missing'],
  ['tags a.example/b --order oldest', '--order: one of newest, version, name is needed'],
  ['tags a.example/b --order name --order name', '--order is given twice'],
  ['tags a.example/b --long=yes', '--long takes no value'],
  ['tags a.example/b --limit 0', '--limit: a whole number of at least 1 is needed'],
  ['tags a.example/b --names --order name', 'only one of --names and --order can be given'],
  ['catalogue a.example', 'unknown command "catalogue"; did you mean "catalog"?'],
  ['list-tag a.example/b', 'unknown command "list-tag"; did you mean "list-tags"?'],
  ['tags a.example/b --concurrency 0', '--concurrency: a whole number of at least 1 is needed'],
  ['tags a.example/b --timeout 30', '--timeout: a duration such as 30s is needed, in ms, s, m (minutes), h, d or w'],
  ['tags a.example/b --color maybe', '--color: one of auto, always, never is needed'],
  ['tags a.example/b --ca /none/there', '--ca: the file cannot be read: ENOENT'],
  ['tags a.example/b --username alice', '--username and --password-stdin must be given together'],
  ['tags a.example/b --password-stdin', '--username and --password-stdin must be given together'],
  ['tags a.example/b --username alice --password-stdin', '--password-stdin: standard input is empty'],
  ['tags https://a.example/b --plain-http', '--plain-http: the address begins with https://'],
  ['tags a.example/b:1', 'HOST/REPOSITORY is needed, without tag and digest'],
  [
    'tag a.example/b new',
    'the tag or digest of the image is missing: HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST is needed',
  ],
  ['tag a.example/b:1', 'HOST/REPOSITORY:TAG|@DIGEST NEWTAG…: an argument is missing'],
  ['tag a.example/b:1 2 3 --if-match none', '--if-match takes one new tag only'],
  ['untag a.example/b', 'HOST/REPOSITORY:TAG is needed, without digest'],
  [`untag a.example/b@sha256:${'0'.repeat(64)}`, 'HOST/REPOSITORY:TAG is needed, without digest'],
  [`copy a.example/b a.example/c@sha256:${'0'.repeat(64)}`, 'the target must be HOST/REPOSITORY[:TAG], without digest'],
  [
    'copy a.example/b c.example/b --username alice --password-stdin',
    '--username is for one registry; between two, use --source-username and --target-username, or log in',
  ],
  ['cleanup a.example/b --apply', /^a rule is needed: --keep-newest, /],
  ['cleanup a.example/b --highest-per minor', '--highest-per needs --keep-highest'],
  ['cleanup a.example/b --keep-newest x', '--keep-newest: a whole number of at least 0 is needed'],
  ['inspect a.example/b --raw --config', 'only one of --json, --raw and --config can be given'],
]) {
  test(`refused: ${args || 'nothing'}`, SOON, async () => {
    const { code, out, err } = await cli(args);
    assert.deepEqual([code, out], [2, '']);
    const [line, advice, rest] = err.split('\n');
    const [, said] = /^error: USAGE: (.*)$/.exec(line);
    if (message instanceof RegExp) assert.match(said, message);
    else assert.equal(said, message);
    assert.match(advice, new RegExp(`^See ${PROGRAM} (\\w+ )?--help$`));
    assert.equal(rest, '');
  });
}

test("refused by the package's own rules", SOON, async () => {
  for (const [args, message] of [
    [
      'tags a.example',
      /^error: INVALID_REFERENCE: reference "a\.example": the repository is missing: HOST\/REPOSITORY is/,
    ],
    ['tags localhost:5000', /^error: INVALID_REFERENCE: reference "localhost:5000": the repository is missing: /],
    [
      'inspect a.example/b:c:d',
      /^error: INVALID_REFERENCE: tag "c:d": a tag cannot contain ':'; write a digest after '@'/,
    ],
    ['inspect a.example/b@latest', /^error: INVALID_REFERENCE: digest "latest"/],
    ['inspect a.example/b//c//d', /^error: INVALID_REFERENCE: repository name "c\/\/d": a component is empty/],
    ['inspect a.example/B', /^error: INVALID_REFERENCE: repository name "B": 'B' at position 0/],
    ['inspect a.example/b:.x', /^error: INVALID_REFERENCE: tag ".x"/],
    ['inspect a.example/b@sha256:12', /^error: INVALID_REFERENCE: digest/],
    ['inspect A..example/b', /^error: INVALID_ARGUMENT: registry/],
    [`inspect ${host}/team/web:1.0.0 --platform a/b/c/d`, /^error: INVALID_ARGUMENT: platform "a\/b\/c\/d"/],
  ]) {
    const { code, out, err } = await cli(args);
    assert.deepEqual([code, out], [2, ''], err);
    assert.match(err, message);
  }
});

test('a usage error as JSON', SOON, async () => {
  const { code, out, err } = await cli('tgas --json');
  assert.equal(code, 2);
  assert.deepEqual(JSON.parse(out), {
    error: { code: 'USAGE', message: 'unknown command "tgas"; did you mean "tags"?' },
  });
  assert.match(err, /^error: USAGE: /);
});

test('references, by the rules of docker', async () => {
  const { parseReference, selector } = await import(pathToFileURL(join(sources, 'cli', 'input', 'reference.js')).href);
  const digest = `sha256:${'a'.repeat(64)}`;
  for (const [text, host, name, reference] of [
    ['alpine', 'docker.io', 'alpine', 'latest'],
    ['alpine:3', 'docker.io', 'alpine', '3'],
    ['team/web', 'docker.io', 'team/web', 'latest'],
    ['docker.io/team/web:1', 'docker.io', 'team/web', '1'],
    ['localhost/web', 'localhost', 'web', 'latest'],
    ['localhost:5000/a/b/c:1.0_x-y', 'localhost:5000', 'a/b/c', '1.0_x-y'],
    ['REGISTRY/web', 'REGISTRY', 'web', 'latest'],
    ['r.example.com/web', 'r.example.com', 'web', 'latest'],
    ['registry:5000/web', 'registry:5000', 'web', 'latest'],
    ['[::1]:5000/web:1', '[::1]:5000', 'web', '1'],
    ['http://registry/web:1', 'http://registry', 'web', '1'],
    ['https://localhost:5000/team/web', 'https://localhost:5000', 'team/web', 'latest'],
    ['localhost:5000/some/path//team/web:1', 'localhost:5000/some/path', 'team/web', '1'],
    [`http://registry/path//web@${digest}`, 'http://registry/path', 'web', digest],
    ['registry:5000//team/web', 'registry:5000', 'team/web', 'latest'],
    ['docker://localhost:5000/team/web:1', 'localhost:5000', 'team/web', '1'],
    ['docker://alpine', 'docker.io', 'alpine', 'latest'],
    ['oci://r.example.com/charts/web:1.0', 'r.example.com', 'charts/web', '1.0'],
    [`alpine@${digest}`, 'docker.io', 'alpine', digest],
    [`r.example.com/web:1@${digest}`, 'r.example.com', 'web', digest],
  ]) {
    const parsed = await parseReference(text);
    assert.deepEqual([parsed.host, parsed.name, selector(parsed)], [host, name, reference], text);
  }
});

test('the words of the command line', SOON, async () => {
  const dead = `http://127.0.0.1:${await freePort()}/token`;
  const service = await startScripted({ '/token': json({ token: 'ToKeN' }) });
  const registry = await startScripted((request, response) => {
    const challenge = { 'www-authenticate': `Bearer realm="${dead}",service="it"` };
    if (request.headers.authorization === undefined)
      return error(401, 'UNAUTHORIZED', 'log in', challenge)(request, response);
    return json({ tags: ['x'] })(request, response);
  });
  try {
    const { code, err } = await cli(`tags ${registry.url}/a/b --names`);
    assert.equal(code, 7);
    assert.match(err, /the token service .*set --auth-service-url/);
    const mended = await cli(
      `tags docker://${new URL(registry.url).host}/a/b --names --auth-service-url ${service.url}/token`,
    );
    assert.deepEqual([mended.code, mended.out], [0, 'x\n'], mended.err);
  } finally {
    await Promise.all([registry.stop(), service.stop()]);
  }
});

// ───────────── Logins and certificates

test("docker's logins", SOON, async () => {
  const registry = new URL(basic.url).host;
  const { username, password } = credentials;
  written('config.json', JSON.stringify({ auths: { [registry]: { auth: auth(username, password) } } }));
  const { code, out } = await cli(`tags ${registry}/team/web --names`, { env: { DOCKER_CONFIG: folder } });
  assert.deepEqual([code, out], [0, '1.0.0\n']);
  const without = await cli(`tags ${registry}/team/web --names`);
  assert.equal(without.code, 5);
  assert.match(without.err, /^error: (AUTH_REQUIRED|UNAUTHORIZED): .*\nLog in with the command login, docker login/);
});

test('a password from the input, and in no output', SOON, async () => {
  const registry = new URL(basic.url).host;
  const args = `inspect ${registry}/team/web:1.0.0 --username alice --password-stdin`;
  const right = await cli(args, { input: `${credentials.password}\n` });
  assert.equal(right.code, 0, right.err);
  for (const more of ['', ' --json']) {
    const wrong = await cli(args + more, { input: 'hunter2-SECRET\n', env: { DEBUG: '1' } });
    assert.equal(wrong.code, 5);
    const basicForm = auth('alice', 'hunter2-SECRET');
    assert.ok(
      !`${wrong.out}${wrong.err}`.includes('SECRET') && !`${wrong.out}${wrong.err}`.includes(basicForm),
      wrong.err,
    );
    assert.match(wrong.err, /\n {4}at /, 'DEBUG shows where');
  }
});

test('secrets in the wrong place are refused and not repeated', SOON, async () => {
  for (const args of [
    `repos ${host} --password SECRET`,
    `repos ${host} --password=SECRET`,
    `--password SECRET repos ${host}`,
    `repos ${host} --passwd=SECRET`,
    `repos alice:SECRET@${host}`,
    `repos http://alice:SECRET@${host}`,
    `tags alice:SECRET@${host}/team/web`,
    `inspect https://alice:SECRET@${host}/team/web`,
    `repos ${host} --proxy http://alice:SECRET@proxy.example:3128`,
    `repos ${host} --proxy alice:SECRET@proxy.example:3128`,
  ]) {
    for (const more of ['', ' --json']) {
      const { code, out, err } = await cli(args + more);
      assert.equal(code, 2, args);
      assert.ok(!`${out}${err}`.includes('SECRET'), err);
    }
  }
});

test('certificates', SOON, async () => {
  const registry = new URL(secure.url).host;
  const ca = written('ca.pem', authority.ca);
  const trusted = await cli(`repos https://${registry} --ca ${ca}`);
  assert.deepEqual([trusted.code, trusted.out], [0, 'hello\nteam/web\n'], trusted.err);
  assert.equal((await cli(`repos https://${registry} --insecure`)).out, trusted.out);
  const unknown = await cli(`repos https://${registry}`);
  assert.equal(unknown.code, 7);
  assert.match(unknown.err, /^error: NETWORK: .*\n--ca FILE does the same/);
  const own = `--cert ${written('client.pem', authority.client.cert)} --key ${written('client.key', authority.client.key)}`;
  assert.equal((await cli(`repos ${strict.url} --ca ${ca} ${own}`)).out, trusted.out);
  assert.equal((await cli(`repos ${strict.url} --ca ${ca}`)).code, 7);
});

test('plain http where https was tried', SOON, async () => {
  const { code, err } = await cli(`repos https://${host} --timeout 5s`);
  assert.equal(code, 7);
  assert.match(err, /^error: NETWORK: .*\nThe registry may speak plain http: --plain-http/);
  assert.equal((await cli(`repos ${host} --plain-http`)).code, 0);
});

test('a host that is no registry at its root', SOON, async () => {
  const nothing = await startScripted({ '/v2/': send('', { status: 404 }) });
  try {
    const { code, err } = await cli(`tags ${nothing.url}/team/web`);
    assert.equal(code, 1);
    assert.match(err, /^error: INVALID_RESPONSE: .*\nA registry under a path is HOST\/PATH\/\/REPOSITORY\./);
    const { error } = JSON.parse((await cli(`tags ${nothing.url}/team/web --json`)).out);
    assert.deepEqual(error.details, { missing: ['/v2/', '/v1/_ping'] });
  } finally {
    await nothing.stop();
  }
});

// ───────────── Pipes, terminals, signals

test('who reads only the first line gets no error, and the exit code of SIGPIPE', SOON, async () => {
  const repositories = Array.from(
    { length: 20_000 },
    (_, number) => `some/long/repository/name/to/fill/the/pipe/${number}`,
  );
  const many = await startScripted({ '/v2/_catalog': json({ repositories }) });
  try {
    const child = start(['repos', many.url]);
    const end = ended(child);
    child.stdout.once('data', () => child.stdout.destroy());
    const { code, err } = await end;
    assert.deepEqual([code, err], [141, '']);
  } finally {
    await many.stop();
  }
});

test('an output that cannot be written', SOON, async () => {
  const full = openSync('/dev/full', 'w');
  const message = 'error: FILE: standard output cannot be written: ENOSPC\n';
  try {
    for (const args of ['--help', `repos ${host}`, `tag ${host}/team/web:1.0.0 next last`]) {
      const { code, err } = await cli(args, { stdio: ['ignore', full, 'pipe'] });
      assert.deepEqual([code, err], [1, message], args);
    }
    // The command has done its work.
    assert.equal((await cli(`digest ${host}/team/web:last`)).code, 0);
  } finally {
    closeSync(full);
    for (const tag of ['next', 'last']) await cli(`untag ${host}/team/web:${tag}`);
  }
});

for (const [signal, expected] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  test(`${signal} ends it with ${expected}`, SOON, async () => {
    const slow = await startScripted({ '/v2/_catalog': hangs });
    try {
      const child = start(['repos', slow.url]);
      const end = ended(child);
      while (slow.open === 0) await new Promise((soon) => setTimeout(soon, 20));
      child.kill(signal);
      const { code, out, err } = await end;
      assert.deepEqual([code, out, err], [expected, '', 'error: INTERRUPTED: interrupted\n']);
    } finally {
      await slow.stop();
    }
  });
}

test('colors on demand only', SOON, async () => {
  assert.doesNotMatch((await cli(`tags ${host}/team/web`)).out, /\x1b/);
  assert.match((await cli(`tags ${host}/team/web --color always`)).out, /^\x1b\[1mTAG .*\x1b\[0m\n1\.0\.0 /);
  assert.match((await cli('repos A..b --color always')).err, /^\x1b\[31merror:\x1b\[0m INVALID_ARGUMENT: /);
});

test('on a terminal', SOON, async () => {
  const typed = async (args, env) => (await onTerminal(args, [], { HOME: folder, ...env })).out;
  assert.match(await typed(`tags ${host}/team/web`), /\x1b\[1mTAG/);
  assert.match(await typed(`tags ${host}/team/web`), /\rreading tags .*\r\x1b\[K/s);
  assert.doesNotMatch(await typed(`tags ${host}/team/web --quiet`), /reading tags/);
  assert.doesNotMatch(await typed(`tags ${host}/team/web --quiet`, { NO_COLOR: '1' }), /\x1b/);
});

test('a program that was killed by its second Ctrl-C', SOON, async () => {
  const { watchInterrupts } = await import(pathToFileURL(join(sources, 'cli', 'interrupt.js')).href);
  assert.equal(typeof watchInterrupts, 'function');
  const code = `import { watchInterrupts } from ${JSON.stringify(pathToFileURL(join(sources, 'cli', 'interrupt.js')).href)};
    watchInterrupts().signal.addEventListener('abort', () => console.log('asked'));
    console.log('ready'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code]);
  const lines = child.stdout[Symbol.asyncIterator]();
  await lines.next();
  child.kill('SIGINT');
  assert.equal(String((await lines.next()).value), 'asked\n');
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit'), [130, null]);
});
