// Starts the page, or says why it cannot: no package built, or a browser without WebAssembly.

// Before anything is drawn in another theme. Without an import, which would be one more file to wait for.
try {
  for (const choice of ['theme', 'density'])
    document.documentElement.dataset[choice] = localStorage.getItem(choice) ?? '';
} catch {
  // Storage is blocked.
}

/** `{ value }` of config.json, or the `error` that it is none; requested while the page itself still loads. */
export const config = readConfig();

async function readConfig() {
  const response = await fetch('config.json').catch(() => undefined);
  // Some servers answer with a page for what they do not have.
  const isThere = response?.ok && !response.headers.get('content-type')?.startsWith('text/html');
  if (!isThere) return {};
  try {
    return { value: JSON.parse(await response.text()) };
  } catch (error) {
    return { error: new Error(`config.json: this is no JSON: ${error.message}`) };
  }
}

import('./app.js').catch((error) => {
  document.getElementById('starting').textContent = `This page could not start. ${error}`;
  console.error(error);
});
