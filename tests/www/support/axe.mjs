// axe-core, the accessibility checker, in the page of a visitor.
import { readFile } from 'node:fs/promises';

const source = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
/** Rules that axe runs on request only. */
const MORE = { 'label-content-name-mismatch': { enabled: true }, 'target-size': { enabled: true } };

/** What axe finds on the page as it is shown: rule and elements. `only`: the rules to run, by default all. */
export async function axe({ page }, only) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(source);
  const options = only ? { runOnly: only } : { rules: MORE };
  const { violations } = await page.evaluate((how) => globalThis.axe.run(document, how), options);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}
