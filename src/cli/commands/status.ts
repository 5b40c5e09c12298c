// `sekisho status`: what waits for whom, what runs, what is uncertain, what is red. From stored results with their age; nothing is probed.

import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { Detail } from '../../base/error-values.ts'
import { kindWord } from '../../change/kind-word.ts'
import { stateShown } from '../../change/why.ts'
import type { ChangeLine } from '../../contract/change.ts'
import type { DoctorFact, HealthNow, Status } from '../../contract/gate.ts'
import { CHANGE_WORDS, seconds } from '../../words/change.ts'
import { DOCTOR_WORDS } from '../../words/doctor.ts'
import { reader } from '../../words/errors.ts'
import { healthDetail } from '../../words/health.ts'
import { clauses, LABELS, listed } from '../../words/labels.ts'
import { columns, cut, pad, visibleLine, wrap } from '../../words/layout.ts'
import { localTime, withLocalTimes } from '../../words/local-time.ts'
import { RECORD_WORDS } from '../../words/record.ts'
import { STATUS_WORDS } from '../../words/status.ts'
import type { Both } from '../../words/words.ts'
import type { Call } from '../command.ts'
import { runnerTrouble } from '../runner-trouble.ts'
import { zoneHere } from '../show.ts'
import type { Terminal } from '../terminal.ts'
import { checkRows, LINES, muteRows, unknownRows } from './status-checks.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const now = await call.loggedIn().call('status')
  if (terminal.json) terminal.answer(now)
  else terminal.say(render(now, terminal, zoneHere()))
  return exitOf(now)
}

/** 1 red or uncertain, 3 something waits for whoever asks, 0 else. */
export function exitOf(now: Status): ExitCode {
  if ((now.reds ?? 0) > 0 || (now.uncertain ?? 0) > 0) return EXIT.failed
  return now.waitsForYou === true ? EXIT.waiting : EXIT.done
}

export function render(now: Status, terminal: Terminal, zone: string): string {
  const names = STATUS_WORDS.rows
  const reds = now.reds ?? 0
  const uncertain = now.uncertain ?? 0
  const word = now.calm
    ? terminal.paint('good', terminal.pick(calmWord(now)))
    : reds > 0 || uncertain > 0
      ? terminal.paint('bad', terminal.pick(STATUS_WORDS.lookHere))
      : terminal.paint('look', terminal.pick(STATUS_WORDS.waiting))
  const queued = now.queued ?? 0
  const { waiting, running: runningNow } = now
  const head = terminal.pick(
    STATUS_WORDS.head(word, { reds, waiting, queued, running: runningNow, uncertain }),
  )
  const right = `${now.name}  ${localTime(now.at, zone, terminal.language).slice(11)}`
  const width = Math.min(terminal.streams.width, 100)
  const plain = head.replace(/\u001b\[[0-9;]*m/g, '')
  const first =
    columns(plain) + columns(right) + 2 <= width
      ? head + ' '.repeat(width - columns(plain) - columns(right)) + right
      : `${head}  ${right}`
  const indent = terminal.language === 'ja' ? 12 : 14
  const line = (name: string, text: string) => ` ${pad(name, indent)}${text}`
  const row = (name: Both<string>, text: string) => line(terminal.pick(name), text)
  const rows = (name: Both<string>, texts: readonly string[]) =>
    texts.map((text, i) => (i === 0 ? row(name, text) : line('', text)))
  const room = width - indent - 1
  const change = (view: ChangeLine, who = '', others = 0) => {
    const more = terminal.pick(STATUS_WORDS.more(others))
    return `${who}${changeLine(view, terminal, room - columns(more) - columns(who))}${more}`
  }
  const none = terminal.pick(LABELS.none)
  const running = now.underWay ?? []
  const notKnown = now.attention.filter(({ state }) => state === 'stuck' || state === 'lost')
  const others = now.attention.filter((one) => !notKnown.includes(one) && one.state !== 'failed')
  const uncertainRows = unknownRows(
    now,
    notKnown.map((one) => change(one)),
    terminal,
    room,
  )
  const next = now.next[0]
  const banner = (now.maintenance ?? []).map(({ service, until, reason, why }) =>
    terminal.paint(
      'look',
      terminal.pick(
        STATUS_WORDS.maintenance(
          service,
          localTime(until, zone, terminal.language),
          visibleLine(reason),
          why && visibleLine(why),
        ),
      ),
    ),
  )
  return [
    first,
    ...banner.map((text) => ` ${text}`),
    ...rows(
      names.health,
      healthRows(now, terminal, zone).flatMap((text) => wrap(text, room)),
    ),
    ...rows(names.checks, checkRows(now, terminal, room, zone)),
    ...rows(names.muted, muteRows(now, terminal, room, zone)),
    ...rows(
      names.open,
      firstRows(
        (now.open ?? []).map((one) => factText(one, terminal, zone)),
        terminal,
        room,
      ),
    ),
    ...rows(
      names.forPerson,
      others.slice(0, 1).map((one) => change(one, '', Math.max(0, (now.toAnswer ?? others.length) - 1))),
    ),
    ...rows(names.waitsFor, waitsRows(now, terminal, change)),
    ...rows(
      names.youAlone,
      (now.aloneLater ?? []).slice(0, 1).map(({ id, from }) => {
        const at = localTime(from, zone, terminal.language).slice(5, 16)
        const more = terminal.pick(STATUS_WORDS.more((now.aloneLater ?? []).length - 1))
        return `${terminal.pick(STATUS_WORDS.aloneFrom(id, at))}${more}`
      }),
    ),
    ...stoppedRows(now.paused, row, terminal),
    ...rows(
      names.running,
      running[0] === undefined ? [none] : [change(running[0], '', Math.max(0, runningNow - 1))],
    ),
    ...rows(
      names.toStart,
      (now.queue ?? []).slice(0, 1).map((one) => change(one, '', queued - 1)),
    ),
    ...rows(names.uncertain, uncertainRows),
    ...rows(names.red, redRows(now, terminal, room, zone)),
    ...rows(
      names.toRevise,
      now.revise.slice(0, 1).map((one) => change(one, '', now.toRevise - 1)),
    ),
    ...rows(names.last, now.last === undefined ? [] : [lastLine(now.last, terminal, zone)]),
    row(names.ledger, ledgerLine(now.ledger, terminal, zone)),
    ...(next === undefined ? [] : [row(names.next, next)]),
  ]
    .map((text) => text.trimEnd())
    .join('\n')
}

/** Weekly items that are red are no reason to wake anybody, and are said. */
function calmWord({ checks }: Status): Both<string> {
  const weekly = checks?.weekly ?? 0
  return weekly === 0 ? STATUS_WORDS.calm : STATUS_WORDS.calmButWeekly(weekly)
}

/** Each service that is not healthy on a line of its own; the healthy ones share one. */
function healthRows({ health = [], at }: Status, terminal: Terminal, zone: string): readonly string[] {
  const { language } = terminal
  const since = (one: HealthNow) => {
    if (one.at === undefined) return ''
    const looked = localTime(one.at, zone, language).slice(11, 19)
    const lasts = one.since === undefined ? 0 : Date.parse(at) - Date.parse(one.since)
    return terminal.pick(
      one.verdict === 'red'
        ? STATUS_WORDS.redSince(looked, Math.max(1000, lasts))
        : STATUS_WORDS.lastLookedAt(Date.parse(at) - Date.parse(one.at)),
    )
  }
  const named = (verdict: HealthNow['verdict']) => health.filter((one) => one.verdict === verdict)
  const green = named('green')
  const oldest = Math.max(
    0,
    ...green.map((one) => (one.at === undefined ? 0 : Date.parse(at) - Date.parse(one.at))),
  )
  const ok = terminal.ascii ? 'ok' : '✓'
  const bad = terminal.ascii ? 'x' : '✗'
  const open = terminal.ascii ? '.' : '○'
  return [
    ...named('red').map(
      (one) => `${terminal.paint('bad', bad)} ${one.service}  ${healthDetail(one, language)}${since(one)}`,
    ),
    ...named('no_data').map(
      (one) => `${terminal.paint('look', '!')} ${one.service}  ${healthDetail(one, language)}${since(one)}`,
    ),
    ...named('not_looked_at').map(
      (one) =>
        `${terminal.paint('look', '!')} ${one.service}  ${
          one.doubt === undefined || one.at === undefined
            ? `${terminal.pick(STATUS_WORDS.notLookedAt)}${since(one)}`
            : terminal.pick(STATUS_WORDS.doubted(one.doubt, Date.parse(at) - Date.parse(one.at)))
        }`,
    ),
    ...(green.length === 0
      ? []
      : [
          `${green.map(({ service }) => `${terminal.paint('good', ok)} ${service}`).join('  ')}${terminal.pick(STATUS_WORDS.looked(oldest))}`,
        ]),
    ...(named('not_declared').length === 0
      ? []
      : [
          `${terminal.paint('dim', open)} ${named('not_declared')
            .map(({ service }) => service)
            .join('  ')}  ${terminal.pick(STATUS_WORDS.noHealthDeclared)}`,
        ]),
  ]
}

/** Whose approval each change waits for: first what waits for whoever asks. */
function waitsRows(
  now: Status,
  terminal: Terminal,
  change: (view: ChangeLine, who: string, others?: number) => string,
): readonly string[] {
  const mine = new Set(now.forYou.map(({ id }) => id))
  const waits = now.waitsFor ?? now.forYou.map((one) => ({ change: one, people: [] as string[] }))
  if (waits.length === 0) return [terminal.pick(STATUS_WORDS.waitsForNobody)]
  const you = terminal.pick(STATUS_WORDS.you)
  const sorted = [
    ...waits.filter((one) => mine.has(one.change.id)),
    ...waits.filter((one) => !mine.has(one.change.id)),
  ]
  const shown = sorted.slice(0, LINES)
  return shown.map(({ change: view, people }, i) => {
    const who = mine.has(view.id)
      ? you
      : people.length === 0
        ? terminal.pick(STATUS_WORDS.nobodyMayApprove)
        : listed(people, terminal.language)
    return change(view, `${who}: `, i === shown.length - 1 ? now.waiting - shown.length : 0)
  })
}

const OPEN_SINCE: ReadonlySet<string> = new Set(['doctor.incident_open', 'doctor.glass_owed'])

/** A fact in the words that `doctor` has for it, with its age. */
function factText({ code, values }: DoctorFact, terminal: Terminal, zone: string): string {
  const { language } = terminal
  const { what = code, why } = DOCTOR_WORDS[code]?.[language](reader(values as Detail)) ?? {}
  // Of an incident it is the age of the incident.
  const age = OPEN_SINCE.has(code) ? undefined : values['ageMs']
  const looked = typeof age === 'number' ? terminal.pick(STATUS_WORDS.looked(age)) : ''
  const text = code === 'doctor.backup_failed' && why !== undefined ? clauses([what, why], language) : what
  return `${visibleLine(withLocalTimes(text, language, zone))}${looked}`
}

/** What is red, each in the words that `doctor` has for it. The health of services has lines of its own. */
function redRows(now: Status, terminal: Terminal, room: number, zone: string): readonly string[] {
  const wrong = runnerTrouble(now.runner, terminal)
  const sick = (now.health ?? []).filter(({ verdict }) => verdict === 'red').length
  const hasRedCheck = (now.checks?.red ?? 0) > 0
  const all = [
    ...(wrong === undefined ? [] : [`runner ${wrong}  sekisho doctor`]),
    ...(now.guardTest?.red === true ? [terminal.pick(STATUS_WORDS.guardTestRed)] : []),
    ...(now.red ?? []).map((fact) => factText(fact, terminal, zone)),
  ]
  const elsewhere = hasRedCheck ? STATUS_WORDS.onlyChecksAreRed : LABELS.none
  const withHealth = hasRedCheck ? STATUS_WORDS.onlyBothAreRed : STATUS_WORDS.onlyHealthIsRed
  if (all.length === 0) return [terminal.pick(sick > 0 ? withHealth : elsewhere)]
  return firstRows(all, terminal, room, (text) => terminal.paint('bad', text))
}

/** The first of them; `doctor` shows all. */
function firstRows(
  all: readonly string[],
  terminal: Terminal,
  room: number,
  paint: (text: string) => string = (text) => text,
): readonly string[] {
  const more = all.length - LINES
  return [
    ...all
      .slice(0, LINES)
      .flatMap((text) => wrap(text, room))
      .map(paint),
    ...(more > 0 ? [terminal.pick(STATUS_WORDS.moreRed(more))] : []),
  ]
}

/** Whose agent waits for a person after repeated refusals. */
function stoppedRows(
  paused: Status['paused'],
  row: (name: Both<string>, text: string) => string,
  terminal: Terminal,
): readonly string[] {
  const [first] = paused
  if (first === undefined) return []
  const who = first.account ?? `uid ${first.uid}`
  const text = terminal.pick(STATUS_WORDS.pausedAgent(who, first.intents, paused.length - 1))
  return [row(STATUS_WORDS.rows.paused, terminal.paint('look', text))]
}

function lastLine(last: ChangeLine, terminal: Terminal, zone: string): string {
  const at = last.execution?.endedAt ?? last.createdAt
  return `${last.id}  ${last.service}  ${kindWord(last.kind, terminal.language)}  ${mark(last, terminal)}  ${localTime(at, zone, terminal.language).slice(11, 16)}`
}

function ledgerLine(
  { size, checkpointAt, witness }: Status['ledger'],
  terminal: Terminal,
  zone: string,
): string {
  const signed =
    checkpointAt === undefined ? undefined : localTime(checkpointAt, zone, terminal.language).slice(11, 16)
  const parts = [STATUS_WORDS.entries(size), STATUS_WORDS.checkpoint(signed), STATUS_WORDS.witness(witness)]
  return listed(
    parts.map((part) => terminal.pick(part)),
    terminal.language,
  )
}

function changeLine(view: ChangeLine, terminal: Terminal, width: number): string {
  const words = CHANGE_WORDS[terminal.language]
  const back = wayBack(view, terminal)
  const step = view.execution?.step
  // The name of the row says already that it waits for an approval.
  const stands =
    view.state === 'awaiting_approval'
      ? ''
      : `  ${step === undefined ? words.state[view.state] : (words.step[step] ?? step)}`
  const what = `${view.service}  ${visibleLine(view.summary ?? view.instruction.text)}`
  return cut(`${view.id}  ${kindWord(view.kind, terminal.language)}${stands}${back}  ${what}`, width)
}

/** Waiting for keep, what counts is how long it still waits; else how long the way back takes. */
function wayBack(view: ChangeLine, terminal: Terminal): string {
  const remainingMs = view.execution?.state['remainingMs']
  if (view.state === 'awaiting_keep') {
    if (typeof remainingMs !== 'number') return ''
    const left = Math.ceil(remainingMs / 1000)
    return terminal.pick(STATUS_WORDS.goesBackIn(left))
  }
  if (view.undo.milliseconds === undefined) return ''
  const takes = seconds(view.undo.milliseconds)
  return terminal.pick(STATUS_WORDS.wayBackTakes(takes))
}

function mark(view: ChangeLine, terminal: Terminal): string {
  const outcome = view.execution?.outcome
  if (outcome === 'kept')
    return view.execution?.kept === 'person'
      ? terminal.paint('look', `! ${RECORD_WORDS[terminal.language].howKept['person'] ?? outcome}`)
      : terminal.paint('good', terminal.ascii ? 'ok' : '✓')
  const words = CHANGE_WORDS[terminal.language]
  return outcome === undefined
    ? (words.state[stateShown(view)] ?? view.state)
    : terminal.paint(
        'bad',
        `${terminal.ascii ? 'x' : '✗'} ${RECORD_WORDS[terminal.language].outcome[outcome] ?? outcome}`,
      )
}
