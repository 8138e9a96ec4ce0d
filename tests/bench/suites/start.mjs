import { inNode } from '../processes.mjs';

export const title = 'start-up in Node';

export function groups({ packageUrl, quick, rounds = quick ? 15 : 21 }) {
  const variant = (name, module) => ({
    name,
    measure: async () => {
      const { time, cpu, process } = await inNode('start', 'load', { module });
      return { value: time, details: { cpu, 'whole process': process * 1000 } };
    },
  });
  const empty = new URL('../variants/empty.mjs', import.meta.url).href;
  const variants = [
    variant('import', packageUrl),
    variant('import of index.cjs', new URL('index.cjs', packageUrl).href),
    variant('import of an empty module', empty),
  ];
  const compare = [
    { of: 'import', above: 'import of an empty module', atMost: 15 },
    { of: 'import', above: 'import of an empty module', by: 'whole process' },
  ];
  return [{ title: 'import and instantiate, fresh processes', unit: 'ms', rounds, variants, compare }];
}
