// `docker-registry-client-wasm`: the completion scripts in their shells, and the man page.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { SOON } from '../../support/support.mjs';
import { cli, installed } from '../cli.mjs';

const load = (file) => import(pathToFileURL(join(installed, 'cli', file)).href);
const { commands, namesOf } = await load('commands.js');
const { GLOBAL } = await load('input/global.js');

const folder = mkdtempSync(join(tmpdir(), 'completion-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'a file.json'), '');

const scripts = {};
for (const shell of ['bash', 'zsh', 'fish']) {
  const { code, out, err } = await cli(['completion', shell]);
  assert.deepEqual([code, err], [0, '']);
  scripts[shell] = join(folder, `script.${shell}`);
  writeFileSync(scripts[shell], out);
}

/** What is typed, and what it completes to. */
const COMPLETIONS = [
  ['drc ta', ['tags', 'tag']],
  ['docker-registry-client-wasm logo', ['logout']],
  ['drc tags --o', ['--order']],
  ['drc ls --order ', ['newest', 'version', 'name']],
  ['drc --color always inspect --p', ['--platform', '--password-stdin', '--plain-http', '--proxy']],
  ['drc manifest ', ['get', 'put', 'delete']],
  ['drc manifest get --ov', ['--overwrite']],
  ['drc completion ', ['bash', 'zsh', 'fish']],
  ['drc tags x --retr', ['--retry']],
  [`drc sync ${folder}/a`, [`${folder}/a file.json`]],
  [`drc repos x --ca ${folder}/a`, [`${folder}/a file.json`]],
  ['drc tags x --limit ', []],
];

function run(shell, script) {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', script], { encoding: 'utf8', cwd: folder });
  assert.equal(status, 0, stderr);
  return stdout;
}
const words = (line) =>
  line
    .split(' ')
    .map((word) => `'${word}'`)
    .join(' ');

test('bash', SOON, () => {
  const lines = COMPLETIONS.map(([line]) => {
    const count = line.split(' ').length - 1;
    return `COMP_WORDS=(${words(line)}); COMP_CWORD=${count}; COMPREPLY=(); _drc; (IFS='|'; echo "\${COMPREPLY[*]}")`;
  });
  const found = run(
    'bash',
    `source ${scripts.bash}; complete -p drc docker-registry-client-wasm; ${lines.join('\n')}`,
  ).split('\n');
  assert.deepEqual(found.slice(0, 2), ['complete -F _drc drc', 'complete -F _drc docker-registry-client-wasm']);
  for (const [at, [line, expected]] of COMPLETIONS.entries())
    assert.deepEqual(found[at + 2].split('|').filter(Boolean).sort(), [...expected].sort(), line);
});

test('fish', SOON, () => {
  for (const [line, expected] of COMPLETIONS) {
    const found = run('fish', `source ${scripts.fish}; complete -C '${line}'`).split('\n').filter(Boolean);
    const completed = found.map((entry) => entry.split('\t')[0]).sort();
    assert.deepEqual(completed, [...expected].sort(), line);
  }
});

test('zsh', SOON, () => {
  // Its completion needs a terminal. compdef notes the names.
  const out = run('zsh', `compdef() { echo "$@" }; source ${scripts.zsh}; whence -w _drc`);
  assert.equal(out, '_drc docker-registry-client-wasm drc\n_drc: function\n');
});

test('every command and option is in each script and in the man page', () => {
  const page = readFileSync(join(installed, 'man', 'docker-registry-client-wasm.1'), 'utf8');
  const plain = page.replaceAll('\\-', '-').replace(/\\f[BIR]/g, '');
  const texts = [plain, ...Object.values(scripts).map((file) => readFileSync(file, 'utf8'))];
  for (const text of texts) {
    for (const command of commands) {
      for (const word of namesOf(command).flatMap((name) => name.split(' '))) assert.ok(text.includes(word), word);
      for (const option of Object.keys({ ...command.options, ...GLOBAL }))
        assert.match(text, new RegExp(`(--|-l )${option}`));
    }
  }
  // Requests of roff and man only, and no character that it does not know.
  assert.doesNotMatch(page, /^\.(?!(TH|SH|SS|PP|TP|br|nf|fi)\b)|^'|[^\n\x20-\x7e]/m);
  assert.equal(readFileSync(join(installed, 'man', 'drc.1'), 'utf8'), '.so man1/docker-registry-client-wasm.1\n');
});

for (const [args, message] of [
  ['completion', 'SHELL is missing'],
  ['completion powershell', 'SHELL: one of bash, zsh, fish is needed'],
  ['completion bash zsh', 'SHELL: 1 argument too many'],
]) {
  test(`refused: ${args}`, SOON, async () => {
    const { code, out, err } = await cli(args);
    assert.deepEqual([code, out], [2, '']);
    assert.ok(err.startsWith(`error: USAGE: ${message}\n`), err);
  });
}
