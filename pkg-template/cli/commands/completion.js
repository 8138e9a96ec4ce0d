// `completion`

/** @import { Command } from '../commands.js' */

const SHELLS = ['bash', 'zsh', 'fish'];

/** @type {Command} */
export const completion = {
  name: 'completion',
  usage: 'SHELL',
  takes: [1, 1],
  choices: SHELLS,
  summary: 'prints the script that completes commands and options in bash, zsh or fish',
  details: `bash: add the line source <(drc completion bash) to ~/.bashrc.
zsh:  drc completion zsh > "\${fpath[1]}/_drc", and start a new shell.
fish: drc completion fish > ~/.config/fish/completions/drc.fish`,
  examples: ['completion bash'],

  async run({ args: [shell], output }) {
    const { programs } = await import('../input/help.js');
    const { [shell]: script } = await import(`../completion/${shell}.js`);
    output.text(script(programs()));
  },
};
