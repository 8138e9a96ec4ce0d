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
  let text;
  try {
    const response = await fetch('config.json');
    // Some servers answer with a page for what they do not have.
    const isPage = response.ok && response.headers.get('content-type')?.startsWith('text/html');
    if (isPage || response.status === 404 || response.status === 410) return {};
    // The file may forbid changes.
    if (!response.ok) throw new Error(`the server answers ${response.status}; without a config.json, it should be 404`);
    text = await response.text();
  } catch (error) {
    return { error: new Error(`config.json could not be read: ${error.message}`) };
  }
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error: new Error(`config.json: this is no JSON: ${error.message}`) };
  }
}

import('./app.js').catch((error) => {
  document.getElementById('starting').textContent = `This page could not start. ${error}`;
  console.error(error);
});
