// `docker-registry-client-wasm`: the completion scripts in their shells, and the man page.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { sources } from '../../support/packed.mjs';
import { SOON } from '../../support/support.mjs';
import { cli, installed } from '../cli.mjs';

const load = (file) => import(pathToFileURL(join(sources, 'cli', file)).href);
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
  ['drc list-tags --order ', ['newest', 'version', 'name']],
  ['drc --color always inspect --p', ['--platform', '--password-stdin', '--plain-http', '--proxy']],
  ['drc manifest ', ['get', 'put', 'delete']],
  ['drc manifest get --ov', ['--overwrite']],
  ['drc completion ', ['bash', 'zsh', 'fish']],
  ['drc tags x --retr', ['--retry']],
  [`drc sync ${folder}/a`, [`${folder}/a file.json`]],
  [`drc repos x --ca ${folder}/a`, [`${folder}/a file.json`]],
  ['drc tags x --limit ', []],
];

const optionsOf = (command) => Object.keys({ ...command.options, ...GLOBAL }).map((name) => `--${name}`);
for (const command of commands)
  for (const name of namesOf(command)) COMPLETIONS.push([`drc ${name} --`, optionsOf(command)]);
const firstWords = new Set(commands.map(({ name }) => name.split(' ')[0]));
COMPLETIONS.push(['drc ', [...firstWords]]);
for (const group of firstWords) {
  const seconds = commands.filter(({ name }) => name.startsWith(`${group} `)).map(({ name }) => name.split(' ')[1]);
  if (seconds.length > 0) COMPLETIONS.push([`drc ${group} `, seconds]);
}

function run(program, args, env = {}) {
  const options = { encoding: 'utf8', cwd: folder, env: { ...process.env, ...env }, timeout: SOON.timeout };
  const { stdout, stderr, status } = spawnSync(program, args, options);
  assert.equal(status, 0, stderr + stdout);
  return stdout;
}
const quoted = (text) => `'${text}'`;

/** @param {string[][]} found what the shell completes each line to */
function compare(found) {
  assert.equal(found.length, COMPLETIONS.length);
  for (const [at, [line, expected]] of COMPLETIONS.entries())
    assert.deepEqual(found[at].toSorted(), expected.toSorted(), line);
}

test('bash', SOON, () => {
  const lines = COMPLETIONS.map(([line]) => {
    const words = line.split(' ');
    return `COMP_WORDS=(${words.map(quoted).join(' ')}); COMP_CWORD=${words.length - 1}; COMPREPLY=(); _drc
      (IFS='|'; echo "\${COMPREPLY[*]}")`;
  });
  const script = `source ${scripts.bash}; complete -p drc docker-registry-client-wasm; ${lines.join('\n')}`;
  const [drc, long, ...found] = run('bash', ['-c', script]).trimEnd().split('\n');
  assert.deepEqual([drc, long], ['complete -F _drc drc', 'complete -F _drc docker-registry-client-wasm']);
  compare(found.map((line) => line.split('|').filter(Boolean)));
});

test('fish', SOON, () => {
  const lines = COMPLETIONS.map(([line]) => `complete -C ${quoted(line)}; echo =`);
  const found = run('fish', ['-c', `source ${scripts.fish}; ${lines.join('\n')}`]).split(/^=\n/m);
  assert.equal(found.pop(), '');
  const words = (text) => text.split('\n').filter(Boolean);
  compare(found.map((text) => words(text).map((entry) => entry.split('\t')[0])));
});

test('zsh', SOON, () => {
  // It completes in its line editor alone, and so on a terminal. There each line gets all that it can become.
  const [lines, out] = ['lines', 'out'].map((name) => join(folder, name));
  writeFileSync(lines, COMPLETIONS.map(([line]) => line).join('\n'));
  writeFileSync(
    join(folder, '.zshrc'),
    `autoload -Uz compinit && compinit -u -D
    source ${scripts.zsh}
    all-matches() { _main_complete; compstate[insert]=all; compstate[list]= }
    zle -C all-matches complete-word all-matches
    zle-line-init() {
      local line
      for line in "\${(@f)$(<${lines})}"; do
        BUFFER=$line CURSOR=$#line
        zle all-matches
        print -rN -- "\${(@Q)\${(z)BUFFER}}" $'\\n' >>${out}
      done
      exit
    }
    zle -N zle-line-init`,
  );
  run('script', ['-qec', 'zsh -d -i', '/dev/null'], { ZDOTDIR: folder, TERM: 'xterm' });
  const found = readFileSync(out, 'utf8').split('\0\n\0');
  assert.equal(found.pop(), '');
  compare(found.map((text, at) => text.split('\0').slice(COMPLETIONS[at][0].split(' ').length - 1)));
});

test('every command and option is in the man page', () => {
  const page = readFileSync(join(installed, 'man', 'docker-registry-client-wasm.1'), 'utf8');
  const plain = page.replaceAll('\\-', '-').replace(/\\f[BIR]/g, '');
  for (const command of commands)
    for (const word of [...namesOf(command), ...optionsOf(command)])
      assert.match(plain, new RegExp(`(?<![\\w-])${word}(?![\\w-])`));
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
