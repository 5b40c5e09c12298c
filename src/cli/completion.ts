// Completion for bash and zsh, made from the table of commands: words, then the options of the command that was typed.
import type { Command } from './command.ts'

export const SHELLS = ['bash', 'zsh'] as const
export type Shell = (typeof SHELLS)[number]

/** After `--lang` and the like the next word is a value and no command. */
const WITH_VALUE = ['--lang', '--data', '--url']
const EVERYWHERE = ['--json', '--lang', '--ascii', '--help']

/** The script that the shell evaluates. */
export function completionFor(shell: Shell, commands: readonly Command[]): string {
  const words = commands.map((one) => one.words.split(' '))
  const firsts = [...new Set(['help', ...words.map(([first]) => first ?? '')])]
  const groups = firsts.flatMap((first) => {
    const seconds = words.flatMap(([one, second]) => (one === first && second !== undefined ? [second] : []))
    return seconds.length === 0 ? [] : [`      ${first}) list='${seconds.join(' ')}' ;;`]
  })
  // Two words before one: `guard check` is not `guard`.
  const options = [...commands]
    .sort((a, b) => b.words.split(' ').length - a.words.split(' ').length)
    .map(({ words: line, options: of }) => {
      const names = [...Object.keys(of).map((name) => `--${name}`), ...EVERYWHERE]
      return `      '${line}${line.includes(' ') ? '' : ' '}'*) list='${[...new Set(names)].join(' ')}' ;;`
    })
  const body = [
    '  local first= second= list= skip= one',
    shell === 'bash'
      ? '  local cur=${COMP_WORDS[COMP_CWORD]}\n  for one in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do'
      : '  local cur=${words[CURRENT]}\n  for one in "${(@)words[2,CURRENT-1]}"; do',
    '    if [ -n "$skip" ]; then skip=; continue; fi',
    '    case $one in',
    `      ${WITH_VALUE.join('|')}) skip=1; continue ;;`,
    '      -*) continue ;;',
    '    esac',
    '    if [ -z "$first" ]; then first=$one; elif [ -z "$second" ]; then second=$one; fi',
    '  done',
    '  if [ "$first" = help ]; then first=$second second=; case $cur in -*) return ;; esac; fi',
    '  case $cur in',
    '  -*)',
    '    case "$first $second" in',
    ...options,
    `      *) list='${EVERYWHERE.join(' ')}' ;;`,
    '    esac ;;',
    '  *)',
    '    case $first in',
    `      '') list='${firsts.join(' ')}' ;;`,
    '      *) if [ -z "$second" ]; then case $first in',
    ...groups,
    '      esac; fi ;;',
    '    esac ;;',
    '  esac',
  ]
  return shell === 'bash'
    ? [
        '_sekisho() {',
        ...body,
        '  COMPREPLY=($(compgen -W "$list" -- "$cur"))',
        '}',
        // Where no word of ours fits, file names are completed.
        'complete -o default -F _sekisho sekisho',
        '',
      ].join('\n')
    : [
        '#compdef sekisho',
        '_sekisho() {',
        ...body,
        '  if [ -n "$list" ]; then compadd -- ${=list}; else _files; fi',
        '}',
        // zsh reads it as a function of that name, or a profile evaluates it.
        'if [ "${funcstack[1]}" = _sekisho ]; then _sekisho "$@"; else compdef _sekisho sekisho; fi',
        '',
      ].join('\n')
}
