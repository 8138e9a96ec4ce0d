// Files that the command line writes, without a process.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { sources } from '../../support/packed.mjs';

const { writeWhole } = await import(pathToFileURL(join(sources, 'cli/output/files.js')).href);

test('a file is whole, or not there: also if the stream fails while the file is created', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'files-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'file');
  const failing = (count) =>
    (async function* () {
      for (let left = count; left > 0; left -= 1) yield Buffer.from('bytes');
      throw new Error('interrupted');
    })();
  for (const count of [0, 0, 0, 1, 100]) {
    await assert.rejects(writeWhole(file, failing(count)), { message: 'interrupted' });
    assert.deepEqual(readdirSync(folder), [], `${count} chunks`);
  }
  await writeWhole(file, [Buffer.from('all '), Buffer.from('of it')]);
  assert.equal(readFileSync(file, 'utf8'), 'all of it');
  await assert.rejects(writeWhole(file, failing(1), { overwrite: true }), { message: 'interrupted' });
  assert.equal(readFileSync(file, 'utf8'), 'all of it');
  await assert.rejects(writeWhole(join(folder, 'none/file'), [Buffer.from('bytes')]), { code: 'FILE' });
  assert.deepEqual(readdirSync(folder), ['file']);
});
