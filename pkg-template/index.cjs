'use strict';

// The ES module itself, so that `import` and `require` share one instance and `instanceof` holds between them.
try {
  module.exports = require('./index.js');
} catch (/** @type {any} */ cause) {
  if (cause?.code !== 'ERR_REQUIRE_ESM') throw cause;
  throw new Error('docker-registry-client-wasm: require() needs Node 20.19, 22.12 or later; use import() here', {
    cause,
  });
}
