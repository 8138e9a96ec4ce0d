// Prints tables whose columns are as wide as their content.

import { clean } from './output.js';

/**
 * Prints rows under a header.
 * @param {{ title: string, isRight?: boolean }[]} columns
 * @param {unknown[][]} rows
 */
export function printTable(output, columns, rows) {
  const lines = rows.map((row) => row.map((cell) => clean(cell ?? '')));
  const widest = (least, index) => lines.reduce((most, row) => Math.max(most, row[index].length), least);
  const widths = columns.map(({ title }, index) => widest(title.length, index));
  const padded = (cell, index) => (columns[index].isRight ? cell.padStart(widths[index]) : cell.padEnd(widths[index]));
  const print = (cells, color) => output.line(cells.map(padded).join('  ').trimEnd(), color);
  print(
    columns.map(({ title }) => title),
    'bold',
  );
  for (const row of lines) print(row);
}
