// A Next application (App Router) that uses each entry where Next has a place for it, built with Turbopack and started.

import { spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { root } from '../../../../xtask/ensure.mjs';
import { output } from './project.mjs';

const NEXT = path.join(root, 'node_modules/next/dist/bin/next');

/** A route handler: the imports of an example, and the rest of it in GET. What it logs is the response. */
const route = ({ imports, rest }) => `${imports}
export const dynamic = 'force-dynamic';
export async function GET() {
  const lines = [];
  const console = { log: (...values) => void lines.push(values.join(' ')) };
${rest}
  return new Response(lines.join('\\n'));
}
`;

/** A component of the browser that runs an example when it is shown. */
const component = ({ imports, rest }) => `'use client';
import { useEffect } from 'react';
${imports}
async function run() {
${rest}
}
export default function Page() {
  useEffect(() => void run().catch((error) => console.log(String(error))), []);
  return 'shown';
}
`;

const FILES = {
  'next.config.mjs': "export default { turbopack: { root: '/' }, typescript: { ignoreBuildErrors: true } };\n",
  'app/layout.js':
    'export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html>; }\n',
};

/**
 * Builds the application beside a project's node_modules and starts it.
 * @param {import('node:test').TestContext} test ends it
 * @param {string} project
 * @param {{ routes: Record<string, Example>, pages: Record<string, Example> }} content
 * @typedef {{ imports: string, rest: string }} Example
 * @returns {Promise<string>} its address
 */
export async function startNext(test, project, { routes, pages }) {
  for (const name of ['next', 'react', 'react-dom']) {
    await symlink(path.join(root, 'node_modules', name), path.join(project, 'node_modules', name));
  }
  const folder = path.join(project, 'next');
  const files = { ...FILES };
  for (const [name, example] of Object.entries(routes)) files[`app/api/${name}/route.js`] = route(example);
  for (const [name, example] of Object.entries(pages)) files[`app/${name}/page.js`] = component(example);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const env = {
    ...process.env,
    HOME: project,
    NO_PROXY: '127.0.0.1',
    NEXT_TELEMETRY_DISABLED: '1',
    NODE_ENV: 'production',
  };
  await output(process.execPath, [NEXT, 'build', folder], { cwd: folder, env, timeout: 300_000 });
  const server = spawn(process.execPath, [NEXT, 'start', '--hostname', '127.0.0.1', '--port', '0', folder], {
    cwd: folder,
    env,
    // Its server is a process of its own, which ends with its group.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  test.after(() => process.kill(-server.pid));
  return new Promise((resolve, reject) => {
    let said = '';
    for (const stream of [server.stdout, server.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
        const address = /^- Local: +(\S+)$/m.exec(said)?.[1];
        if (address && said.includes('Ready')) resolve(address);
      });
    }
    server.once('exit', (code) => reject(new Error(`next start ended with ${code}\n${said}`)));
  });
}
