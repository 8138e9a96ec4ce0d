'use strict';

const process = require('node:process');
const { DockerRegistryClient, RegistryError, Repository, isRegistryError } = require('docker-registry-client-wasm');
const { smoke } = require('./smoke.js');

smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, process.argv[2]).then((outcome) => {
  console.log(JSON.stringify(outcome));
});
