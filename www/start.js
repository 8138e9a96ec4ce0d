// Starts the page, or says why it cannot: no package built, or a browser without WebAssembly.

/** What the server says of the registry, requested while the page itself still loads. */
export const config = readConfig();

async function readConfig() {
  try {
    const response = await fetch('config.json');
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}

import('./app.js').catch((error) => {
  document.getElementById('starting').textContent = `This page could not start. ${error}`;
  console.error(error);
});
