// `sekisho change list` and `sekisho record search`: the history of changes, a page at a time.
import type { z } from 'zod'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { shellWord } from '../../base/shell-word.ts'
import type { ChangeView, recordHits } from '../../contract/change.ts'
import { systemClock } from '../../sys/clock.ts'
import { CHANGE_WORDS } from '../../words/change.ts'
import { CHANGE_LIST_WORDS, listedState } from '../../words/change-list.ts'
import { columns, cut, pad, visibleLine } from '../../words/layout.ts'
import { localTime } from '../../words/local-time.ts'
import { type Call, flag, option } from '../command.ts'
import { checkId } from '../ids.ts'
import { LISTED_STATES, typedState } from '../listed-state.ts'
import { typedMoment } from '../moment.ts'
import { zoneHere } from '../show.ts'
import type { Terminal } from '../terminal.ts'
import { wrongValue } from '../usage.ts'

/** With one of these the history is asked for, and what has ended belongs to it. */
const OF_HISTORY = ['file', 'since', 'until', 'by', 'state'] as const
/** A sentence as a state is cut here: the other columns count as well. */
const STATE_COLUMNS = 24

export async function run(call: Call): Promise<ExitCode> {
  return call.words === 'record search' ? await search(call) : await list(call)
}

async function list(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const isHistory = flag(call, 'all') || OF_HISTORY.some((name) => option(call, name) !== undefined)
  const after = option(call, 'after')
  if (after !== undefined) checkId(call, after)
  const found = await call.loggedIn().call('changeList', {
    state: stateOf(call),
    service: option(call, 'service'),
    file: option(call, 'file'),
    by: option(call, 'by'),
    since: momentOf(call, 'since'),
    until: momentOf(call, 'until'),
    open: isHistory ? undefined : 'true',
    after,
    limit: limitOf(call),
  })
  if (terminal.json) {
    terminal.answer(found)
    return EXIT.done
  }
  const words = CHANGE_LIST_WORDS[terminal.language]
  if (found.changes.length === 0) {
    terminal.say(isHistory || after !== undefined ? words.noneFound : words.noneOpen)
    return EXIT.done
  }
  const rows = [words.head, ...found.changes.map((one) => rowOf(one, terminal))]
  const below = found.changes.map(({ takesBack }) =>
    takesBack === undefined || !terminal.streams.interactive ? undefined : words.takesBack(takesBack),
  )
  terminal.say(table(rows, terminal, [undefined, ...below]))
  if (found.next !== undefined)
    terminal.say(`\n${words.more(found.changes.length)}\n  ${again(call, 'after', found.next)}`)
  return EXIT.done
}

async function search(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const text = call.positionals[0] ?? ''
  if (text === '' || text.length > 200) throw wrongValue(call, 'TEXT', text.slice(0, 20), ['1–200'])
  const before = option(call, 'before')
  if (before !== undefined && !/^[1-9]\d{0,14}$/.test(before))
    throw wrongValue(call, '--before', before, ['N'])
  const found = await call.loggedIn().call('recordSearch', { text, before, limit: limitOf(call) })
  if (terminal.json) {
    terminal.answer(found)
    return EXIT.done
  }
  const words = CHANGE_LIST_WORDS[terminal.language]
  if (found.hits.length === 0) terminal.say(words.noHit(visibleLine(text)))
  else {
    // What a revision repeats is shown once.
    const shown = new Set<string>()
    const hits = found.hits.filter(
      ({ change = '', line }) => !shown.has(`${change} ${line}`) && shown.add(`${change} ${line}`),
    )
    const rows = hits.map((one) => [
      one.change ?? one.subject ?? '',
      dayAndTime(one.at, terminal),
      `${words.field[one.field] ?? one.field}: ${visibleLine(one.line.trim())}${saidBy(one, terminal)}`,
    ])
    terminal.say(table(rows, terminal))
  }
  if (found.next !== undefined)
    terminal.say(`\n${words.moreHits}\n  ${again(call, 'before', String(found.next))}`)
  return EXIT.done
}

type Hit = z.infer<typeof recordHits>['hits'][number]

/** What was said of a check or a notice: by whom, and what it was. */
function saidBy({ change, kind, by, field }: Hit, terminal: Terminal): string {
  if (change !== undefined) return ''
  const words = CHANGE_LIST_WORDS[terminal.language]
  return words.said(words.saidKinds[kind] ?? kind, field === 'by' ? '' : by)
}

function rowOf(view: ChangeView, terminal: Terminal): readonly string[] {
  return [
    view.id,
    dayAndTime(view.createdAt, terminal),
    whoOf(view, terminal),
    cut(stateWord(view, terminal), STATE_COLUMNS),
    CHANGE_WORDS[terminal.language].kind[view.kind] ?? view.kind,
    view.service,
    summaryOf(view, terminal),
  ]
}

/** On a terminal the end of the row is cut: which change is taken back stands on a line of its own there. */
function summaryOf({ takesBack, summary, instruction }: ChangeView, terminal: Terminal): string {
  const text = visibleLine(summary ?? instruction.text)
  if (takesBack === undefined || terminal.streams.interactive) return text
  return `${CHANGE_LIST_WORDS[terminal.language].takesBack(takesBack)}  ${text}`
}

function stateWord({ state, execution, takenBackBy }: ChangeView, terminal: Terminal): string {
  return takenBackBy === undefined
    ? listedState(state, execution?.outcome, terminal.language)
    : CHANGE_LIST_WORDS[terminal.language].takenBackBy(takenBackBy)
}

function whoOf({ author, instruction }: ChangeView, terminal: Terminal): string {
  const name = visibleLine(author.name)
  return author.kind === 'agent' && author.id !== instruction.by
    ? CHANGE_LIST_WORDS[terminal.language].agentFor(name, visibleLine(instruction.byName))
    : name
}

/** `2026-11-25 23:10` */
const dayAndTime = (at: string, terminal: Terminal) =>
  localTime(at, zoneHere(), terminal.language).slice(0, 16)

/** Columns as wide as their widest cell; the last one is as long as it is, on a terminal as far as it fits. `below`: a line under a row. */
function table(
  rows: readonly (readonly string[])[],
  terminal: Terminal,
  below: readonly (string | undefined)[] = [],
): string {
  const last = (rows[0]?.length ?? 1) - 1
  const widths = Array.from(
    { length: last },
    (_, i) => Math.max(...rows.map((row) => columns(row[i] ?? ''))) + 2,
  )
  return rows
    .map((row) => row.map((cell, i) => (i < last ? pad(cell, widths[i] ?? 0) : cell)).join(''))
    .flatMap((row, i) => [row, ...(below[i] === undefined ? [] : [`  ${below[i]}`])])
    .map((row) => (terminal.streams.interactive ? cut(row, terminal.streams.width) : row))
    .join('\n')
}

function stateOf(call: Call): (typeof LISTED_STATES)[number] | undefined {
  const typed = option(call, 'state')
  if (typed === undefined) return undefined
  const state = typedState(typed)
  if (state === undefined) throw wrongValue(call, '--state', typed, LISTED_STATES)
  return state
}

function momentOf(call: Call, name: 'since' | 'until'): string | undefined {
  const typed = option(call, name)
  if (typed === undefined) return undefined
  const at = typedMoment(typed, systemClock.now(), name === 'until')
  if (at === undefined)
    throw wrongValue(call, `--${name}`, typed, ['2026-11-25', '"2026-11-25 22:00"', '3d', '12h'])
  return at
}

function limitOf(call: Call): string | undefined {
  const typed = option(call, 'limit')
  if (typed === undefined) return undefined
  if (!/^[1-9]\d{0,2}$/.test(typed) || Number(typed) > 200)
    throw wrongValue(call, '--limit', typed, ['1–200'])
  return typed
}

/** The line that was typed, with where the next page begins. */
function again(call: Call, name: 'after' | 'before', value: string): string {
  const options = Object.entries(call.values).flatMap(([one, given]) =>
    one === name || given === undefined || given === false
      ? []
      : given === true
        ? [`--${one}`]
        : [`--${one}`, shellWord(String(given))],
  )
  return ['sekisho', call.words, ...call.positionals.map(shellWord), ...options, `--${name}`, value].join(' ')
}
