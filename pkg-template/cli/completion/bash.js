// The completion script for bash 3.2 (macOS) and later.

import { entries, everywhere, firstWords, groups, quoted, secondWords, valueFlags } from './entries.js';

/** @import { Flag } from './entries.js' */

const wordsOf = (/** @type {Flag[]} */ flags) => flags.map(({ name }) => `--${name}`).join(' ');
const pattern = (/** @type {string[]} */ names) => names.map(quoted).join('|');

/**
 * The cases for values of options.
 * @param {Flag[]} flags
 * @param {string[]} names of the command; none for the options of every command
 */
function values(flags, names) {
  return flags
    .filter(({ choices, isFile }) => isFile || choices.length > 0)
    .map(({ name, choices, isFile }) => {
      const cases = names.length > 0 ? names.map((one) => quoted(`${one}|--${name}`)) : [`*${quoted(`|--${name}`)}`];
      return `    ${cases.join('|')}) ${isFile ? '_drc_files' : `_drc_words ${quoted(choices.join(' '))}`}; return ;;`;
    });
}

/** @param {string[]} programs */
export const bash = (programs) => `# bash completion for ${programs.join(' and ')}

_drc_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

_drc_files() {
  # bash 3.2 has no compopt.
  compopt -o filenames 2>/dev/null
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$cur"))
}

_drc() {
  local cur=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' word i
  # bash splits --option=value.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $previous == '=' ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${valueFlags.join('|')}) if [[ \${COMP_WORDS[i+1]} == '=' ]]; then ((i += 2)); else ((i++)); fi ;;
      -*) ;;
      *)
        case $command in
          '') command=$word ;;
          ${groups.join('|')}) command="$command $word" ;;
        esac
        ;;
    esac
  done
  COMPREPLY=()
  case "$command|$previous" in
${[...entries.flatMap(({ names, flags }) => values(flags, names)), ...values(everywhere, [])].join('\n')}
  esac
  case $previous in
    ${valueFlags.join('|')}) return ;;
  esac
  if [[ $cur == -* ]]; then
    case $command in
${entries
  .filter(({ flags }) => flags.length > 0)
  .map(({ names, flags }) => `      ${pattern(names)}) word=${quoted(wordsOf(flags))} ;;`)
  .join('\n')}
      *) word='' ;;
    esac
    _drc_words "$word ${wordsOf(everywhere)}"
    return
  fi
  case $command in
    '') _drc_words ${quoted(firstWords.map(({ word }) => word).join(' '))} ;;
${groups
  .map(
    (group) =>
      `    ${group}) _drc_words ${quoted(
        secondWords(group)
          .map(({ word }) => word)
          .join(' '),
      )} ;;`,
  )
  .join('\n')}
${entries
  .filter(({ choices }) => choices.length > 0)
  .map(({ names, choices }) => `    ${pattern(names)}) _drc_words ${quoted(choices.join(' '))} ;;`)
  .join('\n')}
    ${pattern(entries.filter(({ takesFiles }) => takesFiles).flatMap(({ names }) => names))}) _drc_files ;;
  esac
}

complete -F _drc ${programs.join(' ')}
`;
