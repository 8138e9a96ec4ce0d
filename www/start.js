// Starts the page, or says why it cannot: no package built, or a browser without WebAssembly.
import('./app.js').catch((error) => {
  document.getElementById('starting').textContent = `This page could not start. ${error}`;
  console.error(error);
});
