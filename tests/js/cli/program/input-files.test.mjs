// Options that read a file: what is no regular file could block for ever.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { SOON } from '../../support/support.mjs';
import { installed, refused } from '../cli.mjs';

const folder = mkdtempSync(join(tmpdir(), 'cli-input-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const pipe = join(folder, 'pipe');
execFileSync('mkfifo', [pipe]);

const COPY = 'copy a.example/b c.example/b';
for (const [option, args] of [
  ['--ca', 'repos r.example --ca FILE'],
  ['--cert', 'repos r.example --cert FILE'],
  ['--key', 'repos r.example --key FILE'],
  ['--source-password-file', `${COPY} --source-username x --source-password-file FILE`],
  ['--target-password-file', `${COPY} --target-username x --target-password-file FILE`],
]) {
  for (const file of [pipe, '/dev/zero', folder])
    test(`${option} ${file === pipe ? 'of a pipe' : file === folder ? 'of a folder' : file}`, SOON, () =>
      refused(args.replace('FILE', file), 2, new RegExp(`^error: USAGE: ${option}: it is no regular file\n`)),
    );
}

for (const args of ['--ca FILE', '--cert FILE --key FILE', '--insecure --key FILE'])
  test(`${args} of another text`, SOON, () => {
    const file = join(folder, 'notes.md');
    writeFileSync(file, 'MII');
    const message = /^error: USAGE: --(ca|cert|key): it is no PEM file, which has a line -----BEGIN …\n/;
    return refused(`repos r.example ${args.replaceAll('FILE', file)}`, 2, message);
  });

test("the shell's <(command) is read", SOON, () => {
  const main = join(installed, 'cli', 'main.js');
  const script = `"$0" "$1" ${COPY} --target-username x --target-password-file <(printf '')`;
  const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, main], { encoding: 'utf8' });
  assert.deepEqual([status, stderr.split('\n')[0]], [2, 'error: USAGE: --target-password-file: the file is empty']);
});

for (const [args, message] of [
  ['login r.example -u alice -p SECRET', 'there is no -u; use --username, with --password-stdin, which reads'],
  [
    'login r.example -p SECRET',
    'there is no -p, because other users of the machine can read arguments; use --password',
  ],
  ['-p SECRET repos r.example', 'there is no -p, because '],
  ['repos r.example --password SECRET', 'there is no --password, because '],
  [
    'inspect r.example/a:b --creds alice:SECRET',
    'there is no --creds, because .* use --username, with --password-stdin',
  ],
  [`${COPY} --src-creds alice:SECRET`, '.* use --source-username and --source-password-file'],
  [`${COPY} --dest-creds=alice:SECRET`, '.* use --target-username and --target-password-file'],
  ['repos r.example --tls-verify=false', 'there is no --tls-verify; --insecure accepts any certificate, '],
]) {
  test(`habits: ${args}`, SOON, () => refused(args, 2, new RegExp(`^error: USAGE: (?!.*(SECRET|alice))${message}`)));
}
