// The examples of docs/commands.md.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { samples } from '../../../www/registry/sample-images.mjs';
import { tar } from '../../../www/registry/tar.mjs';
import { packedFolder } from '../support/packed.mjs';
import { Document, changing, runCommand } from './document.mjs';
import { tagsOf } from '../support/tags.mjs';

const page = new Document('docs/commands.md');
const written = (name, text) => writeFileSync(join(packedFolder, name), text);

test('artifacts, new images, copies of many tags', { timeout: 120_000 }, async () => {
  const [commands, back] = page.codes('sh');
  const [mirrors] = page.codes('json');
  await changing({ 'team/web': samples['team/web'] }, async (source, target) => {
    written('notes.md', '# Notes\n');
    written('sbom.json', '{}');
    written('tools.tar', tar([{ path: 'tools', content: 'tools' }]));
    const [from, to] = [source, target].map(({ url }) => new URL(url).host);
    written('mirrors.json', mirrors.replaceAll('localhost:5000', from).replaceAll('localhost:5001', to));
    const outputs = [];
    for (const command of commands.trim().split('\n')) {
      const hosted = command.includes('localhost:5000') ? command : `${command} # localhost:5000`;
      outputs.push(await runCommand(hosted, source, { target }));
    }
    const [pushed, pulled, attached, mutated, edited, copied, planned, synced] = outputs;
    assert.match(pushed, /\/team\/notes:1\.0@sha256:/);
    assert.equal(pulled, 'pulled/notes.md\n');
    assert.deepEqual(readdirSync(join(packedFolder, 'pulled')), ['notes.md']);
    assert.equal(readFileSync(join(packedFolder, 'pulled', 'notes.md'), 'utf8'), '# Notes\n');
    assert.match(attached, /\/team\/web@sha256:/);
    assert.equal(await runCommand(back, source), 'sboms/sbom.json\n');
    assert.equal(readFileSync(join(packedFolder, 'sboms', 'sbom.json'), 'utf8'), '{}');
    assert.match(mutated, /\/team\/web:1\.0\.0-debug@sha256:/);
    assert.match(edited, /\/team\/web:2\.0\.0-64bit@sha256:/);
    const there = await tagsOf(target.url, 'mirror/web');
    for (const tag of await tagsOf(source.url, 'team/web')) assert.ok(there.includes(tag), tag);
    assert.match(copied, /\/mirror\/web:1\.0\.0@sha256:/);
    const tags = ['1.0.0', '1.1', '1.1.0', '2.0.0', '2.0.0-64bit'];
    for (const [output, action] of [
      [planned, 'copy'],
      [synced, 'copied'],
    ])
      assert.deepEqual(
        output.trimEnd().split('\n').sort(),
        tags.map((tag) => `${action.padEnd(9)}  ${from}/team/web:${tag} → ${to}/synced/web:${tag}`).sort(),
      );
    // The SBOM comes with the referrers tag of this registry.
    const names = (await tagsOf(target.url, 'synced/web')).filter((tag) => !tag.startsWith('sha256-'));
    assert.deepEqual(names.sort(), tags);
  });
});
