// The completion script for zsh.

import { entries, everywhere, firstWords, groups, quoted, secondWords, valueFlags } from './entries.js';

/** @import { Flag } from './entries.js' */

/** "name:what it does", as _describe takes it. */
const described = (/** @type {string} */ name, /** @type {string} */ help) =>
  quoted(`${name.replaceAll(':', '\\:')}:${help.replaceAll('\n', ' ')}`);
const optionsOf = (/** @type {Flag[]} */ flags) =>
  flags.map(({ name, help }) => described(`--${name}`, help)).join(' ');
const wordList = (/** @type {{ word: string, help: string }[]} */ list) =>
  list.map(({ word, help }) => described(word, help)).join(' ');
const pattern = (/** @type {string[]} */ names) => `(${names.map(quoted).join('|')})`;

/**
 * The cases for values of options.
 * @param {Flag[]} flags
 * @param {string[]} names of the command; none for the options of every command
 */
function values(flags, names) {
  return flags
    .filter(({ choices, isFile }) => isFile || choices.length > 0)
    .map(({ name, choices, isFile }) => {
      const cases = names.length > 0 ? pattern(names.map((one) => `${one}|--${name}`)) : `(*${quoted(`|--${name}`)})`;
      return `    ${cases} ${isFile ? '_files' : `compadd -- ${choices.join(' ')}`}; return ;;`;
    });
}

/** @param {string[]} programs */
export const zsh = (programs) => `#compdef ${programs.join(' ')}

_drc() {
  local command='' previous word
  local -a list
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    case $word in
      (${valueFlags.join('|')}) ((i++)) ;;
      (-*) ;;
      (*)
        case $command in
          ('') command=$word ;;
          (${groups.join('|')}) command="$command $word" ;;
        esac
        ;;
    esac
  done
  previous=\${words[CURRENT-1]}
  if [[ \${words[CURRENT]} == --*=* ]]; then
    previous=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  case "$command|$previous" in
${[...entries.flatMap(({ names, flags }) => values(flags, names)), ...values(everywhere, [])].join('\n')}
  esac
  case $previous in
    (${valueFlags.join('|')}) return ;;
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    case $command in
${entries
  .filter(({ flags }) => flags.length > 0)
  .map(({ names, flags }) => `      ${pattern(names)} list=(${optionsOf(flags)}) ;;`)
  .join('\n')}
    esac
    list+=(${optionsOf(everywhere)})
    _describe -o option list
    return
  fi
  case $command in
    ('') list=(${wordList(firstWords)}); _describe command list ;;
${groups.map((group) => `    (${group}) list=(${wordList(secondWords(group))}); _describe command list ;;`).join('\n')}
${entries
  .filter(({ choices }) => choices.length > 0)
  .map(({ names, choices }) => `    ${pattern(names)} compadd -- ${choices.join(' ')} ;;`)
  .join('\n')}
    ${pattern(entries.filter(({ takesFiles }) => takesFiles).flatMap(({ names }) => names))} _files ;;
  esac
}

# As a file in $fpath, zsh runs this as the function; otherwise it is sourced.
if [[ $funcstack[1] == _drc ]]; then
  _drc "$@"
else
  compdef _drc ${programs.join(' ')}
fi
`;
