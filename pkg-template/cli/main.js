#!/usr/bin/env node
// `docker-registry-client-wasm COMMAND …`: the package on the command line.

import { check, split } from './input/arguments.js';
import { connector } from './connection.js';
import { EXIT } from './exit.js';
import { exitCode, report } from './failure.js';
import { helpFor, helpForGroup, overview, version } from './input/help.js';
import { Interrupted, watchInterrupts } from './interrupt.js';
import { createOutput, watchPipes } from './output/output.js';
import { GLOBAL } from './input/global.js';
import { inOurWords } from './output/words.js';
import { Usage } from './input/usage.js';

/** @param {string[]} argv */
async function main(argv) {
  const { signal } = watchInterrupts();
  let output = createOutput({ json: argv.includes('--json') });
  /** @type {import('./commands.js').Command | undefined} */
  let command;
  // If nobody reads the rest of a list (head), the program ends; a command that changes a registry goes on.
  watchPipes({
    closed: () => command?.changes || process.exit(EXIT.closedPipe),
    failed(message) {
      output.error('FILE', message);
      if (!command?.changes) process.exit(EXIT.failed);
      process.once('exit', () => void (process.exitCode ||= EXIT.failed));
    },
  });
  try {
    const typed = split(argv);
    ({ command } = typed);
    const { args, options } = check(typed);
    const known = { ...command?.options, ...GLOBAL };
    output = createOutput(options, (text) => inOurWords(text, known));
    if (options.help) {
      const { group } = typed;
      return output.text(command ? helpFor(command) : group ? helpForGroup(group) : overview());
    }
    if (options.version) return output.text(version());
    if (!command) throw new Usage('a command is needed');
    return await command.run({ args, options, output, signal, connect: connector({ options, output, signal }) });
  } catch (error) {
    report(error, { output, command });
    const code = exitCode(error);
    // Exit at once: pending output would wait for a reader that has stopped reading.
    if (error instanceof Interrupted && !command?.changes) process.exit(code);
    return code;
  }
}

// Not process.exit(): after an interrupt the client still completes what must not stay half done.
process.exitCode = (await main(process.argv.slice(2))) ?? 0;
