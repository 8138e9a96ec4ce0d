// Modules of Node's that are loaded when they are needed: together they take longer than all else of a client's start.

import { createRequire } from 'node:module';

/** Node has getBuiltinModule() from 20.16 on. @type {(name: string) => any} */
const load = process.getBuiltinModule ?? createRequire('/');

/** @returns {typeof import('node:crypto')} */
export const crypto = () => load('node:crypto');
/** @returns {typeof import('node:fs/promises')} */
export const fs = () => load('node:fs/promises');
/** @returns {typeof import('node:https')} */
export const https = () => load('node:https');
/** @returns {typeof import('node:tls')} */
export const tls = () => load('node:tls');
/** @returns {typeof import('node:zlib')} */
export const zlib = () => load('node:zlib');
