// What `docker login` and `podman login` leave on a machine: files, and credential helpers as real programs on the PATH.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const VARIABLES = [
  'DOCKER_AUTH_CONFIG',
  'DOCKER_CONFIG',
  'REGISTRY_AUTH_FILE',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
  'HOME',
  'PATH',
];

export const auth = (username, password) => Buffer.from(`${username}:${password}`).toString('base64');

/** A home of its own, which the environment points to until `leave()`. */
export function moveIn() {
  const folder = mkdtempSync(join(tmpdir(), 'home-'));
  const before = VARIABLES.map((name) => [name, process.env[name]]);
  const bin = join(folder, 'bin');
  mkdirSync(bin);

  const write = (name, content) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
    return path;
  };
  return {
    folder,
    /** The path of a file in it, written. */
    write,
    /** Nothing of docker's or podman's is set or there. */
    clear() {
      for (const name of ['.docker', '.config', 'elsewhere', 'run'])
        rmSync(join(folder, name), { recursive: true, force: true });
      for (const name of VARIABLES) delete process.env[name];
      Object.assign(process.env, {
        HOME: folder,
        PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
      });
    },
    /** `docker-credential-NAME`; `body` is JavaScript that has `server` (what was written to it) and `command`. */
    helper(name, body) {
      const path = join(bin, `docker-credential-${name}`);
      const read = "const server = require('node:fs').readFileSync(0, 'utf8'); const [, , command] = process.argv;";
      writeFileSync(path, `#!/usr/bin/env node\n${read}\n${body}\n`);
      chmodSync(path, 0o755);
    },
    leave() {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
