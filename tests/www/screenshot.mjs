// Takes docs/screenshot.webp, the README's picture of the demo page: `npm run build`, then `node tests/www/screenshot.mjs`.
import { join } from 'node:path';

import { root } from '../../xtask/ensure.mjs';
import { startDemo } from './support/demo.mjs';
import { openBrowser } from './support/visitor.mjs';

const demo = await startDemo();
const browser = await openBrowser('Chromium');
try {
  const visitor = await browser.visit(undefined, `${demo.page}#/repo/team/web`, { width: 1040, height: 640 });
  await visitor.has('.view h1', 'team/web');
  await visitor.sees('3 platforms', 'artifact');
  await visitor.until(() => !document.querySelector('[aria-busy=true], .skeleton'));
  await visitor.page.screenshot({ path: join(root, 'docs/screenshot.webp'), type: 'webp', quality: 80 });
} finally {
  await browser.close();
  await demo.stop();
}
