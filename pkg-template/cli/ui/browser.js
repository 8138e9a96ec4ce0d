// Opens a page in the browser that the person uses.

import { spawn } from 'node:child_process';

/** @type {Partial<Record<NodeJS.Platform, [program: string, ...args: string[]]>>} */
const PROGRAMS = { darwin: ['open'], win32: ['rundll32', 'url.dll,FileProtocolHandler'] };

/**
 * Resolves to whether a program for it was started.
 * @param {string} url
 * @returns {Promise<boolean>}
 */
export async function openBrowser(url) {
  const [program, ...args] = PROGRAMS[process.platform] ?? ['xdg-open'];
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => resolve(true));
    child.unref();
  });
}
