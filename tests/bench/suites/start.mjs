import { fileURLToPath } from 'node:url';

import { inNode, program } from '../processes.mjs';

export const title = 'start-up in Node';

export function groups({ server, packageUrl, quick, rounds = quick ? 15 : 21 }) {
  const file = (name) => new URL(name, packageUrl).href;
  const empty = new URL('../variants/empty.mjs', import.meta.url).href;
  const variant = (name, run, module) => ({
    name,
    measure: async () => {
      const { time, cpu, process } = await inNode('start', run, { module, registry: server.url });
      return { value: time, details: { cpu, 'whole process': process * 1000 } };
    },
  });
  const command = (name, ...args) => ({
    name,
    measure: async () => ({ value: (await program(process.execPath, args)).seconds * 1000 }),
  });
  const main = fileURLToPath(file('cli/main.js'));
  return [
    {
      title: 'import and first client, fresh processes',
      unit: 'ms',
      rounds,
      variants: [
        variant('import', 'load', packageUrl),
        variant('import of index.cjs', 'load', file('index.cjs')),
        variant('client', 'client', packageUrl),
        variant('client of ./node', 'connect', file('node/index.js')),
        variant('client of ./slim', 'slim', file('slim.js')),
        variant('tags() of ./node', 'tags', file('node/index.js')),
        variant('import of an empty module', 'load', empty),
      ],
      compare: [
        { of: 'import', above: 'import of an empty module', atMost: 15 },
        { of: 'client', above: 'import of an empty module', by: 'cpu', atMost: 25 },
        { of: 'client of ./node', above: 'import of an empty module', by: 'cpu' },
        { of: 'client of ./slim', above: 'import of an empty module', by: 'cpu' },
        { of: 'tags() of ./node', above: 'import of an empty module', by: 'cpu' },
        { of: 'client', above: 'import of an empty module', by: 'whole process' },
      ],
    },
    {
      title: 'the command line, whole processes',
      unit: 'ms',
      rounds,
      variants: [
        command('drc --help', main, '--help'),
        command('drc tags', main, 'tags', `${server.url}/bench/small`),
        command('node with an empty module', fileURLToPath(empty)),
      ],
      compare: [
        { of: 'drc --help', atMost: 250 },
        { of: 'drc tags', atMost: 400 },
        { of: 'drc --help', above: 'node with an empty module' },
        { of: 'drc tags', above: 'node with an empty module' },
      ],
    },
  ];
}
