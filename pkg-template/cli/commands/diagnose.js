// `diagnose`

import { EXIT } from '../exit.js';

/** @import { Command } from '../commands.js' */

/** @type {Command} */
export const diagnose = {
  name: 'diagnose',
  usage: 'HOST',
  takes: [1, 1],
  summary: 'reports what works against a registry from here, and the settings that fix the rest',
  details: 'Nothing is changed. The exit code is 1 if there is a finding of severity "error".',
  options: {
    repository: {
      value: 'NAME',
      help: "examines its tags, referrers and deletion; default: the catalog's first repository",
    },
  },
  examples: ['diagnose localhost:5000'],

  async run({ args: [host], options: { repository }, output, connect }) {
    const diagnosis = await (await connect(host)).diagnose({ repository });
    if (output.isJson) output.json(diagnosis);
    else
      diagnosis.text
        .trimEnd()
        .split('\n')
        .forEach((line) => output.line(line));
    return diagnosis.findings.some(({ severity }) => severity === 'error') ? EXIT.failed : EXIT.done;
  },
};
