import { report } from './report.js';

report(() => import('docker-registry-client-wasm'));
