// `completion`

/** @import { Command } from '../commands.js' */

const SCRIPTS = {
  bash: async () => (await import('../completion/bash.js')).bash,
  zsh: async () => (await import('../completion/zsh.js')).zsh,
  fish: async () => (await import('../completion/fish.js')).fish,
};

/** @type {Command} */
export const completion = {
  name: 'completion',
  usage: 'SHELL',
  takes: [1, 1],
  choices: Object.keys(SCRIPTS),
  summary: 'prints the script that completes commands and options in bash, zsh or fish',
  details: `bash: add the line source <(drc completion bash) to ~/.bashrc.
zsh:  drc completion zsh > "\${fpath[1]}/_drc", and start a new shell.
fish: drc completion fish > ~/.config/fish/completions/drc.fish`,
  examples: ['completion bash'],

  async run({ args: [shell], output }) {
    const { programs } = await import('../input/help.js');
    const script = await SCRIPTS[/** @type {keyof typeof SCRIPTS} */ (shell)]();
    output.text(script(programs()));
  },
};
