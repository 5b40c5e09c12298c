// `sekisho check list|show|history|mute|unmute|ack`: how the checks stand by their stored results, each with its age, and what people say
// of them. Nothing is looked at here; `check run` does that.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { Detail } from '../../base/error-values.ts'
import { parseDuration } from '../../base/time.ts'
import { asksForSomebody, type Place, placeOf } from '../../checks/weight.ts'
import type { CheckDetail, CheckHistory, CheckLine, CheckList, MuteHeld } from '../../contract/check.ts'
import { SEEN_AGO, SPAN } from '../../words/amounts.ts'
import { CHECK_WORDS, checkItemName } from '../../words/check.ts'
import { CHECK_VIEW_WORDS } from '../../words/check-view.ts'
import { reader } from '../../words/errors.ts'
import { clauses, inOneLine } from '../../words/labels.ts'
import { columns, pad, visibleLine, wrap } from '../../words/layout.ts'
import { localTime, withLocalTimes } from '../../words/local-time.ts'
import { type Call, option } from '../command.ts'
import { asTyped } from '../next-line.ts'
import { zoneHere } from '../show.ts'
import type { Terminal } from '../terminal.ts'
import { missingOption, wrongValue } from '../usage.ts'
import { ASCII, SHAPES, STYLES } from './check.ts'

const HOUR_MS = 3_600_000
/** A reader who is not root. */
const NOBODY = 65_534
/** A warning is no reason for somebody to act now. */
export const BAD_STATES: readonly CheckLine['state'][] = ['red', 'late', 'no_data', 'not_looked_at']

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const [check = ''] = call.positionals
  const say = (answer: object, text: string): ExitCode => {
    if (terminal.json) terminal.answer(answer)
    else terminal.say(text)
    return EXIT.done
  }
  switch (call.words) {
    case 'check list': {
      const list = await client.call('checkList', {})
      say(list, renderList(list, terminal, zoneHere()))
      return list.checks.some(asksForSomebody) ? EXIT.failed : EXIT.done
    }
    case 'check show': {
      const one = await client.call('checkShow', { check })
      say(one, renderOne(one, terminal, zoneHere(), call.uid))
      return BAD_STATES.includes(one.state) ? EXIT.failed : EXIT.done
    }
    case 'check history': {
      const hours = Math.max(1, Math.ceil(spanTyped(call, '24h') / HOUR_MS))
      const history = await client.call('checkHistory', { check, hours: String(hours) as never })
      return say(history, renderHistory(history, terminal, zoneHere()))
    }
    case 'check mute': {
      const minutes = Math.max(1, Math.ceil(spanTyped(call) / 60_000))
      const muted = await client.call('checkMute', { check, minutes, reason: reasonTyped(call) })
      return say(
        muted,
        terminal.pick(CHECK_VIEW_WORDS.mutedNow(muted.pattern, timeOf(muted.until, terminal))),
      )
    }
    case 'check unmute': {
      const muted = await client.call('checkUnmute', { check })
      return say(muted, terminal.pick(CHECK_VIEW_WORDS.unmutedNow(muted.pattern)))
    }
    default: {
      const line = await client.call('checkAcknowledge', { check, reason: reasonTyped(call) })
      return say(line, terminal.pick(CHECK_VIEW_WORDS.acknowledgedNow(line.check, line.finding ?? '')))
    }
  }
}

function spanTyped(call: Call, otherwise?: string): number {
  const typed = option(call, 'for') ?? otherwise
  if (typed === undefined) throw missingOption(call, 'for')
  const span = parseDuration(typed)
  if (span === undefined) throw wrongValue(call, '--for', typed, ['30m', '1h', '7d'])
  return span
}

function reasonTyped(call: Call): string {
  const reason = option(call, 'reason')
  if (reason === undefined || reason.trim() === '') throw missingOption(call, 'reason')
  return reason
}

const timeOf = (at: string, terminal: Terminal) => localTime(at, zoneHere(), terminal.language)

export function renderList({ at, checks }: CheckList, terminal: Terminal, zone: string): string {
  const { language } = terminal
  const count = (place: Place) => checks.filter((one) => placeOf(one) === place).length
  const head = terminal.pick(
    CHECK_VIEW_WORDS.head({
      isCalm: !checks.some(asksForSomebody),
      red: count('red'),
      warning: count('warning'),
      weekly: count('weekly'),
      late: count('late'),
      noData: count('no_data'),
      good: count('good'),
    }),
  )
  const width = Math.max(...checks.map(({ check }) => columns(check)), 10) + 2
  const rows = checks.flatMap((one) => listRow(one, terminal, Date.parse(at), Math.min(width, 40)))
  const worst = checks.find(({ state, causedBy }) => state !== 'good' && causedBy === undefined)
  return [
    terminal.paint('strong', head),
    `  ${localTime(at, zone, language)}`,
    ...rows,
    ...(worst === undefined ? [] : [`sekisho check show ${worst.check}`]),
  ].join('\n')
}

function listRow(one: CheckLine, terminal: Terminal, now: number, width: number): readonly string[] {
  const age =
    one.lookedAt === undefined ? '' : `  ${SEEN_AGO[terminal.language](now - Date.parse(one.lookedAt))}`
  const notes = [
    ...newestLines(one, terminal),
    ...(one.causedBy === undefined ? [] : [terminal.pick(CHECK_VIEW_WORDS.follows(one.causedBy))]),
    ...careLines(one, terminal),
  ]
  const text = one.newest === undefined ? `${saidText(one, terminal)}${age}` : saidText(one, terminal)
  const lines = wrap(visibleLine(text), Math.max(30, terminal.streams.width - width - 4))
  const indent = ' '.repeat(width + 4)
  // A name that is longer than its column has a line of its own.
  const [first, ...rest] = columns(one.check) < width ? lines : ['', ...lines]
  return [
    `  ${shape(one.state, terminal)}${pad(one.check, width)}${first ?? ''}`.trimEnd(),
    ...rest.map((more) => `${indent}${more}`),
    ...notes.flatMap((note) =>
      wrap(visibleLine(note), Math.max(30, terminal.streams.width - width - 4)).map(
        (more) => `${indent}${more}`,
      ),
    ),
  ]
}

/** Who has taken it up, and who muted it, until when and why. */
export function careLines(
  { check, acknowledged, muted }: Pick<CheckLine, 'check' | 'acknowledged' | 'muted'>,
  terminal: Terminal,
  zone = zoneHere(),
): readonly string[] {
  return [
    ...(acknowledged === undefined
      ? []
      : [terminal.pick(CHECK_VIEW_WORDS.acknowledged(acknowledged.by, acknowledged.reason))]),
    ...(muted === undefined ? [] : [mutedText(muted, terminal, zone, check)]),
  ]
}

/** `check`: what is shown; another name of the mute is said too. */
export function mutedText(
  { pattern, until, by, reason }: MuteHeld,
  terminal: Terminal,
  zone: string,
  check: string,
): string {
  const time = localTime(until, zone, terminal.language)
  return terminal.pick(CHECK_VIEW_WORDS.muted(time, by, reason, pattern === check ? '' : pattern))
}

export const shape = (state: CheckLine['state'], terminal: Terminal) =>
  terminal.paint(STYLES[state], pad((terminal.ascii ? ASCII : SHAPES)[state], 2))

export function sentence({ code, values }: Pick<CheckLine, 'code' | 'values'>, terminal: Terminal) {
  const { language } = terminal
  const said = CHECK_WORDS[code]?.[language](reader(values as Detail)) ?? { what: code }
  return { what: withLocalTimes(inOneLine(said, language), language), next: said.next ?? [] }
}

const clockOf = (at: string, terminal: Terminal) => timeOf(at, terminal).slice(11, 19)

/** With the time of its own look where a newer one saw something else. */
function saidText(one: CheckLine, terminal: Terminal): string {
  const { what } = sentence(one, terminal)
  if (one.newest === undefined || one.saidAt === undefined) return what
  return terminal.pick(CHECK_VIEW_WORDS.said(what, clockOf(one.saidAt, terminal)))
}

/** What the newest look saw, and why it does not count yet. */
function newestLines(one: CheckLine, terminal: Terminal): readonly string[] {
  const { newest, lookedAt, flapping } = one
  const held = flapping === true ? [terminal.pick(CHECK_VIEW_WORDS.flapping)] : []
  if (newest === undefined || lookedAt === undefined) return held
  const state = terminal.pick(CHECK_VIEW_WORDS.states[newest.state])
  return [
    terminal.pick(
      CHECK_VIEW_WORDS.newest(state, clockOf(lookedAt, terminal), sentence(newest, terminal).what),
    ),
    ...(held.length > 0 ? held : [terminal.pick(CHECK_VIEW_WORDS.notAgreed)]),
  ]
}

/** In one line: a state that is held says what the newest look saw. */
export function shortText(one: CheckLine, terminal: Terminal): string {
  const { newest, lookedAt } = one
  if (newest === undefined || lookedAt === undefined) return sentence(one, terminal).what
  const state = terminal.pick(CHECK_VIEW_WORDS.states[newest.state])
  const short = terminal.pick(CHECK_VIEW_WORDS.newestShort(state, clockOf(lookedAt, terminal)))
  return clauses([short, saidText(one, terminal)], terminal.language)
}

export function renderOne(one: CheckDetail, terminal: Terminal, zone: string, uid = NOBODY): string {
  const { language } = terminal
  const now = Date.parse(one.at)
  const state = terminal.pick(CHECK_VIEW_WORDS.states[one.state])
  const { next } = sentence(one, terminal)
  const since =
    one.since === undefined
      ? state
      : terminal.pick(CHECK_VIEW_WORDS.since(state, localTime(one.since, zone, language)))
  const room = Math.max(40, terminal.streams.width - 2)
  const older = (one.findingsInAll ?? one.findings.length) - FINDINGS_SHOWN
  const lines = [
    `${shape(one.state, terminal)}${terminal.paint('strong', one.check)}  ${checkItemName(one.item, language)}  ${since}`,
    ...[saidText(one, terminal), ...newestLines(one, terminal)].flatMap((text) =>
      wrap(visibleLine(text), room).map((more) => `  ${more}`),
    ),
    ...(one.lookedAt === undefined
      ? []
      : [
          `  ${terminal.pick(CHECK_VIEW_WORDS.looked(SEEN_AGO[language](now - Date.parse(one.lookedAt)), SPAN[language](one.everyMs)))}`,
        ]),
    ...(one.causedBy === undefined ? [] : [`  ${terminal.pick(CHECK_VIEW_WORDS.follows(one.causedBy))}`]),
    ...careLines(one, terminal, zone).flatMap((text) =>
      wrap(visibleLine(text), room).map((more) => `  ${more}`),
    ),
    `  ${terminal.pick(CHECK_VIEW_WORDS.findings)}`,
    ...(one.findings.length === 0
      ? [`    ${terminal.pick(CHECK_VIEW_WORDS.none)}`]
      : one.findings.slice(0, FINDINGS_SHOWN).map((found) => {
          const ended =
            found.resolvedAt === undefined
              ? terminal.pick(CHECK_VIEW_WORDS.open)
              : terminal.pick(
                  CHECK_VIEW_WORDS.lasted(
                    SPAN[language](Date.parse(found.resolvedAt) - Date.parse(found.openedAt)),
                  ),
                )
          return `    ${found.id}  ${localTime(found.openedAt, zone, language)}  ${terminal.pick(CHECK_VIEW_WORDS.states[found.worst])}  ${ended}`
        })),
    ...(older > 0 ? [`    ${terminal.pick(CHECK_VIEW_WORDS.older(older, one.check))}`] : []),
    ...next.map((line) => asTyped(line, uid)),
  ]
  return lines.join('\n')
}

/** The newest of them. */
const FINDINGS_SHOWN = 5

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const ASCII_BARS = ['_', '_', '-', '-', '=', '=', '#', '#'] as const
const MARKS = { good: '·', warning: '!', red: '×', no_data: '?', late: '?' } as const
const ASCII_MARKS = { good: '.', warning: '!', red: 'x', no_data: '?', late: '?' } as const

/** Bars by value where there is one, and below them the states. A time in which nobody looked is blank. */
export function renderHistory(history: CheckHistory, terminal: Terminal, zone: string): string {
  const { language } = terminal
  const from = Date.parse(history.from)
  const size = Math.round((Date.parse(history.at) - from) / history.stepMs) + 1
  const at = (index: number) =>
    history.steps.find((one) => Math.round((Date.parse(one.at) - from) / history.stepMs) === index)
  const steps = Array.from({ length: size }, (_, index) => at(index))
  const values = history.steps.flatMap(({ value }) => (value === undefined ? [] : [value]))
  const highest = Math.max(...values, 0)
  const bars = terminal.ascii ? ASCII_BARS : BARS
  const marks = terminal.ascii ? ASCII_MARKS : MARKS
  const bar = (value: number | undefined) =>
    value === undefined ? ' ' : bars[highest === 0 ? 0 : Math.min(7, Math.floor((value / highest) * 7.99))]
  const style = (state: keyof typeof marks) => (state === 'good' ? 'good' : state === 'red' ? 'bad' : 'look')
  return [
    `${terminal.paint('strong', history.check)}  ${checkItemName(history.item, language)}`,
    ...(values.length === 0
      ? []
      : [
          `  ${steps.map((one) => bar(one?.value)).join('')}  ${terminal.pick(CHECK_VIEW_WORDS.highest(history.item, highest))}`,
        ]),
    `  ${steps.map((one) => (one === undefined ? ' ' : terminal.paint(style(one.state), marks[one.state]))).join('')}`,
    `  ${localTime(history.from, zone, language).slice(5, 16)} … ${localTime(history.at, zone, language).slice(5, 16)}`,
    ...wrap(
      terminal.pick(CHECK_VIEW_WORDS.history(SPAN[language](history.stepMs), marks.good, marks.red)),
      Math.max(40, terminal.streams.width - 2),
    ).map((text) => `  ${text}`),
    ...history.said.flatMap((one) =>
      wrap(
        visibleLine(`${localTime(one.at, zone, language).slice(5, 16)}  ${saidLine(one, terminal, zone)}`),
        Math.max(40, terminal.streams.width - 2),
      ).map((more) => `  ${more}`),
    ),
  ].join('\n')
}

function saidLine(
  { kind, by, reason = '', until, pattern }: CheckHistory['said'][number],
  terminal: Terminal,
  zone: string,
): string {
  switch (kind) {
    case 'acknowledged':
      return terminal.pick(CHECK_VIEW_WORDS.acknowledged(by, reason))
    case 'muted': {
      const end = until === undefined ? '?' : localTime(until, zone, terminal.language)
      return terminal.pick(CHECK_VIEW_WORDS.mutedOnce(end, by, reason, pattern))
    }
    case 'mute_ended':
      return terminal.pick(
        by === 'system' ? CHECK_VIEW_WORDS.muteOver(pattern) : CHECK_VIEW_WORDS.muteEnded(by, pattern),
      )
  }
}
