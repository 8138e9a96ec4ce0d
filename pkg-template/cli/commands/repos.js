// `repos`

/** @import { Command } from '../commands.js' */

/** @type {Command} */
export const repos = {
  name: 'repos',
  aliases: ['catalog'],
  usage: 'HOST',
  takes: [1, 1],
  summary: 'lists the repositories of a registry',
  options: {
    namespace: { value: 'NAME', help: 'lists only this namespace; "library" includes repositories without one' },
  },
  examples: ['repos localhost:5000 --namespace team'],

  async run({ args: [host], options: { namespace }, output, connect }) {
    const client = await connect(host);
    const names = namespace === undefined ? client.catalog() : (await client.repositories(namespace)).keys();
    // Printed as the pages arrive.
    for await (const name of names) {
      if (output.isJson) output.item({ name });
      else output.line(name);
    }
  },
};
