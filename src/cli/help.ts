// `sekisho help`: four verbs for every day first, the rest as reference.
import { COMMAND_GROUPS } from '../words/command-help.ts'
import { HELP_WORDS } from '../words/command-line.ts'
import { columns, pad, wrap } from '../words/layout.ts'
import { optionHelp } from '../words/option-help.ts'
import type { Command } from './command.ts'
import { COMMANDS } from './commands.ts'
import type { Terminal } from './terminal.ts'

export function help(words: string, terminal: Terminal): string {
  const { language } = terminal
  const width = terminal.streams.width
  const exact = COMMANDS.find((one) => one.words === words)
  if (exact !== undefined)
    return [
      exact.help[language],
      '',
      ...hanging(`sekisho ${exact.words} ${exact.usage}`.trim(), width),
      ...(exact.examples === undefined
        ? []
        : ['', terminal.pick(HELP_WORDS.examples), ...exact.examples.map((one) => `  ${one}`)]),
      ...optionLines(exact, terminal),
    ].join('\n')
  const some = COMMANDS.filter((one) => one.words.startsWith(`${words} `))
  if (some.length > 0) return rows(some, terminal).join('\n')
  const everyday = new Set(['do', 'change approve', 'status', 'record show'])
  const title = terminal.pick(HELP_WORDS.title)
  const groups = (Object.keys(COMMAND_GROUPS) as (keyof typeof COMMAND_GROUPS)[]).flatMap((group) => {
    const list = COMMANDS.filter((one) =>
      group === 'everyday' ? everyday.has(one.words) : one.group === group && !everyday.has(one.words),
    )
    return list.length === 0 ? [] : ['', COMMAND_GROUPS[group][language], ...rows(list, terminal)]
  })
  const foot = terminal.pick(HELP_WORDS.foot)
  return [title, ...groups, '', ...foot].join('\n')
}

/** Each option as it is typed, with its meaning. Options shared by a group of commands appear where the usage names them. */
function optionLines(command: Command, terminal: Terminal): readonly string[] {
  const { words, usage, group } = command
  const { language, streams } = terminal
  const isShared = group === 'rules' || words.startsWith('ledger ')
  const lines = Object.keys(command.options).flatMap((name) => {
    const help = optionHelp(words, name)
    return help === undefined || (isShared && !usage.includes(`--${name}`)) ? [] : [help]
  })
  if (lines.length === 0) return []
  return [
    '',
    terminal.pick(HELP_WORDS.options),
    ...lines.flatMap((help) => [
      `  ${help.example}`,
      ...wrap(help[language], streams.width - 6).map((line) => `      ${line}`),
    ]),
  ]
}

/** Wrapped, with a hanging indent. */
function hanging(text: string, width: number): readonly string[] {
  const whole = text.replace(/\[[^\]]*\]/g, (option) => option.replaceAll(' ', '\u00a0'))
  return wrap(whole, width - 4).map((line, i) => (i === 0 ? line : `    ${line}`).replaceAll('\u00a0', ' '))
}

/** What to type instead of something wrong: examples where the usage is long, else the usage. */
export function usageLines(command: Command): string {
  const form = `sekisho ${command.words} ${command.usage}`.trim()
  return command.examples === undefined
    ? form
    : [...command.examples, `sekisho help ${command.words}`].join('\n')
}

function rows(list: readonly Command[], terminal: Terminal): readonly string[] {
  const first = Math.max(...list.map(({ words }) => columns(words))) + 4
  return list.map(({ words, help: text }) => `  ${pad(words, first)}${text[terminal.language]}`)
}
