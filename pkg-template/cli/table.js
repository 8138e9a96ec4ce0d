// Columns as wide as they need to be.

import { clean } from './output.js';

/**
 * Prints rows under a head.
 * @param {{ title: string, isRight?: boolean }[]} columns
 * @param {unknown[][]} rows
 */
export function printTable(output, columns, rows) {
  const lines = rows.map((row) => row.map((cell) => clean(cell ?? '')));
  const widths = columns.map(({ title }, index) => lines.reduce((most, row) => Math.max(most, row[index].length), title.length));
  const print = (cells, color) => {
    const padded = cells.map((cell, index) => (columns[index].isRight ? cell.padStart(widths[index]) : cell.padEnd(widths[index])));
    output.line(padded.join('  ').trimEnd(), color);
  };
  print(columns.map(({ title }) => title), 'bold');
  for (const row of lines) print(row);
}
