// The completion script for fish.

import { entries, everywhere, firstWords, groups, secondWords, valueFlags } from './entries.js';

/** @import { Flag } from './entries.js' */

/** In single quotes, fish knows two escapes. */
const quoted = (/** @type {string} */ text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/**
 * @param {Flag[]} flags
 * @param {string} condition
 */
const options = (flags, condition) =>
  flags.map(({ name, short, help, takesValue, isFile, choices }) =>
    [
      '    complete -c $program',
      condition,
      short && `-s ${short}`,
      `-l ${name}`,
      takesValue && (isFile ? '-r -F' : '-x'),
      choices.length > 0 && `-a ${quoted(choices.join(' '))}`,
      `-d ${quoted(help)}`,
    ]
      .filter(Boolean)
      .join(' '),
  );

/** @param {string[]} names */
const isOneOf = (names) => `-n ${quoted(`__drc_is ${names.map(quoted).join(' ')}`)}`;

/**
 * @param {{ word: string, help: string }[]} list
 * @param {string} condition
 */
const wordList = (list, condition) =>
  list.map(({ word, help }) => `    complete -c $program ${condition} -a ${quoted(word)} -d ${quoted(help)}`);

/** @param {string[]} programs */
export const fish = (programs) => `# fish completion for ${programs.join(' and ')}

# Prints the command that is typed so far.
function __drc_command
    set -l words
    set -l isValue 0
    for word in (commandline -opc)[2..-1]
        if test $isValue = 1
            set isValue 0
            continue
        end
        switch $word
            case ${valueFlags.join(' ')}
                set isValue 1
            case '-*'
            case '*'
                set words $words $word
        end
    end
    switch "$words[1]"
        case ${groups.join(' ')}
            echo "$words[1..2]"
        case '*'
            echo "$words[1]"
    end
end

function __drc_is
    contains -- (__drc_command) $argv
end

for program in ${programs.join(' ')}
    complete -c $program -f
${[
  ...wordList(firstWords, isOneOf([''])),
  ...groups.flatMap((group) => wordList(secondWords(group), isOneOf([group]))),
  ...entries.flatMap(({ names, flags, choices, takesFiles }) => [
    ...options(flags, isOneOf(names)),
    ...choices.map((choice) => `    complete -c $program ${isOneOf(names)} -a ${quoted(choice)}`),
    ...(takesFiles ? [`    complete -c $program ${isOneOf(names)} -F`] : []),
  ]),
  ...options(everywhere, ''),
].join('\n')}
end
`;
