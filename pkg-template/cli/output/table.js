// Prints tables whose columns are as wide as their content.

import { clean } from './output.js';

/** @typedef {{ title: string, isRight?: boolean }} Column */

/**
 * Prints rows under a header.
 * @param {import('./output.js').Output} output
 * @param {Column[]} columns
 * @param {unknown[][]} rows
 */
export function printTable(output, columns, rows) {
  const lines = rows.map((row) => row.map((cell) => clean(cell ?? '')));
  const widest = (/** @type {number} */ least, /** @type {number} */ index) =>
    lines.reduce((most, row) => Math.max(most, row[index].length), least);
  const widths = columns.map(({ title }, index) => widest(title.length, index));
  const padded = (/** @type {string} */ cell, /** @type {number} */ index) =>
    columns[index].isRight ? cell.padStart(widths[index]) : cell.padEnd(widths[index]);
  const print = (
    /** @type {string[]} */ cells,
    /** @type {import('./output.js').Color | undefined} */ color = undefined,
  ) => output.line(cells.map(padded).join('  ').trimEnd(), color);
  print(
    columns.map(({ title }) => title),
    'bold',
  );
  for (const row of lines) print(row);
}
