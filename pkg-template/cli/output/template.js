// `--format`: a text with fields of the JSON output, in the form that docker and crane have from Go's templates.

import { hint } from '../../node/hint.js';
import { Usage } from '../input/usage.js';
import { clean } from './output.js';

/** @typedef {string | { path: string[], isJson: boolean }} Piece */

const FIELD = /^\s*(json\s+)?\.([\w.$/:-]*)\s*$/;
/** @type {Record<string, string>} */
const ESCAPES = { '\\n': '\n', '\\t': '\t', '\\\\': '\\' };

/**
 * Parses the template.
 * @param {string} text
 * @param {(rule: string) => Error} refuse
 * @returns {(value: unknown) => string}
 */
export function template(text, refuse) {
  const pieces = text.split(/(\{\{.*?\}\})/s).map((piece, index) => {
    if (index % 2 === 0) {
      if (/\{\{|\}\}/.test(piece)) throw refuse('{{ without }}, or the other way round');
      return piece.replace(/\\[nt\\]/g, (characters) => ESCAPES[characters]);
    }
    const [, json, path] = FIELD.exec(piece.slice(2, -2)) ?? [];
    if (path === undefined) throw refuse('only fields such as {{.digest}} and {{json .platforms}} are supported');
    return { path: path.split('.').filter(Boolean), isJson: Boolean(json) };
  });
  return (value) => {
    // Keep undefined fields as null: other objects of the list may have a value there.
    const data = JSON.parse(JSON.stringify(value, (_, field) => (field === undefined ? null : field)));
    // The template's own tabs and line ends stay.
    return pieces.map((piece) => (typeof piece === 'string' ? piece : clean(shown(piece, data)))).join('');
  };
}

/**
 * @param {{ path: string[], isJson: boolean }} piece
 * @param {any} data
 */
function shown({ path, isJson }, data) {
  let value = data;
  for (const name of path) {
    // An entry that could not be read has an error instead of fields.
    if (value === null || (value?.error && !(name in value))) return '';
    if (typeof value !== 'object' || !Object.hasOwn(value, name)) throw unknown(path, name, value);
    value = value[name];
  }
  if (isJson) return JSON.stringify(value);
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * @param {string[]} path
 * @param {string} name
 * @param {any} value
 */
function unknown(path, name, value) {
  const place = `--format: there is no field .${path.join('.')}`;
  const isObject = typeof value === 'object' && Object.keys(value).length > 0;
  return new Usage(isObject ? `${place}; ${hint(name, Object.keys(value))}` : place);
}
