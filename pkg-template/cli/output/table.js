// Prints tables whose columns are as wide as their content.

import { clean } from './output.js';

/**
 * @import { Color, Output } from './output.js'
 * @typedef {{ title: string, isRight?: boolean, color?: (cell: string) => Color }} Column
 */

/**
 * Prints rows under a header.
 * @param {Output} output
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
  const titles = columns.map(({ title }, index) => padded(title, index));
  output.line(titles.join('  ').trimEnd(), 'bold');
  const painted = (/** @type {string} */ cell, /** @type {number} */ index) => {
    const color = cell === '' ? undefined : columns[index].color?.(cell);
    return color ? output.paint(color, cell) + padded(cell, index).slice(cell.length) : padded(cell, index);
  };
  for (const row of lines) output.cleaned(row.map(painted).join('  ').trimEnd());
}
