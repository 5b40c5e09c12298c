// `sekisho check run daily|weekly`: every item of the guide's routine checks with its state. What has no data is red too.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { Detail } from '../../base/error-values.ts'
import type { CheckItem, CheckView } from '../../contract/check.ts'
import {
  CHECK_ITEMS,
  CHECK_LOOKING,
  CHECK_NOTHING,
  CHECK_SUMMARY,
  CHECK_TITLES,
  CHECK_WORDS,
  checkItemName,
} from '../../words/check.ts'
import { CHECK_VIEW_WORDS } from '../../words/check-view.ts'
import { reader } from '../../words/errors.ts'
import { inOneLine } from '../../words/labels.ts'
import { columns, pad, visibleLine, wrap } from '../../words/layout.ts'
import { localTime, withLocalTimes } from '../../words/local-time.ts'
import { type Call, option } from '../command.ts'
import { asTyped } from '../next-line.ts'
import { zoneHere } from '../show.ts'
import type { Terminal } from '../terminal.ts'

export const SHAPES = {
  good: '✓',
  warning: '!',
  red: '✗',
  no_data: '?',
  late: '~',
  not_looked_at: '○',
} as const
export const ASCII = {
  good: 'ok',
  warning: '!',
  red: 'x',
  no_data: '?',
  late: '~',
  not_looked_at: '.',
} as const
export const STYLES = {
  good: 'good',
  warning: 'look',
  red: 'bad',
  no_data: 'look',
  late: 'look',
  not_looked_at: 'look',
} as const

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const [name = ''] = call.positionals
  const service = option(call, 'service')
  terminal.moving(terminal.pick(CHECK_LOOKING))
  const now = await call.loggedIn().call('checkRun', { check: name, service })
  terminal.settle()
  if (terminal.json) terminal.answer(now)
  else terminal.say(render(now, terminal, zoneHere(), call.uid))
  const sound = now.services.every(({ items }) =>
    items.every(({ state }) => state === 'good' || state === 'warning'),
  )
  return sound && now.services.length > 0 ? EXIT.done : EXIT.failed
}

export function render(now: CheckView, terminal: Terminal, zone: string, uid = 65_534): string {
  const { language } = terminal
  if (now.services.length === 0) return CHECK_NOTHING[language]
  const at = localTime(now.at, zone, language)
  return now.services
    .map(({ service, items }) => {
      const count = (state: CheckItem['state']) => items.filter((one) => one.state === state).length
      const summary = CHECK_SUMMARY[language](count('good'), count('red'), count('no_data'), count('warning'))
      const style = count('good') === items.length ? 'good' : 'bad'
      const head = `${terminal.paint('strong', `${service}  ${CHECK_TITLES[language][now.name] ?? now.name}`)}  ${at}  ${terminal.paint(style, summary)}`
      return [head, ...items.flatMap((one) => lines(one, terminal, zone, uid))].join('\n')
    })
    .join('\n\n')
}

function lines(
  { item, state, code, values, stands }: CheckItem,
  terminal: Terminal,
  zone: string,
  uid: number,
): readonly string[] {
  const { language } = terminal
  const width =
    Math.max(
      ...Object.values(CHECK_ITEMS).map((name) => columns(name[language])),
      columns(checkItemName(item, language)),
    ) + 2
  const said = CHECK_WORDS[code]?.[language](reader(values as Detail)) ?? { what: code }
  const whole = withLocalTimes(inOneLine(said, language), language, zone)
  const [first = '', ...rest] = wrap(visibleLine(whole), Math.max(30, terminal.streams.width - width - 4))
  const indent = ' '.repeat(width + 4)
  const shape = pad((terminal.ascii ? ASCII : SHAPES)[state], 2)
  return [
    `  ${terminal.paint(STYLES[state], shape)}${pad(checkItemName(item, language), width)}${first}`,
    ...rest.map((text) => `${indent}${text}`),
    ...(stands === undefined
      ? []
      : wrap(
          terminal.pick(
            CHECK_VIEW_WORDS.stands(terminal.pick(CHECK_VIEW_WORDS.states[stands.state]), stands.flapping),
          ),
          Math.max(30, terminal.streams.width - width - 4),
        ).map((text) => `${indent}${text}`)),
    ...(state === 'good' ? [] : (said.next ?? []).map((text) => `${indent}${asTyped(text, uid)}`)),
  ]
}
