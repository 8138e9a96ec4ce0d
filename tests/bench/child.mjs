// One variant in a process of its own: `child.mjs FILE NAME`, its parameters on standard input, what it measured on standard output.
import { readFileSync, writeSync } from 'node:fs';

const [file, name] = process.argv.slice(2);
try {
  const variants = await import(new URL(`./variants/${file}.mjs`, import.meta.url));
  const measured = await variants[name](JSON.parse(readFileSync(0, 'utf8')));
  const { user, system } = process.cpuUsage();
  writeSync(1, JSON.stringify({ ...measured, processCpu: (user + system) / 1000 }));
} catch (error) {
  writeSync(2, String(error));
  process.exitCode = 1;
}
// Connections kept alive would hold the process, and its time is measured too.
process.exit();
