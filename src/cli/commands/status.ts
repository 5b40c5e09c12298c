// `sekisho status`: what waits for whom, what runs, what is uncertain, what is red. From stored results with their age; nothing is probed.

import type { Detail } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error.ts'
import { kindWord } from '../../change/kind-word.ts'
import { stateShown } from '../../change/why.ts'
import type { ChangeLine } from '../../contract/change.ts'
import type { DoctorFact, HealthNow, Status } from '../../contract/gate.ts'
import { BACKUP_WORDS } from '../../words/backup.ts'
import { CHANGE_WORDS, seconds } from '../../words/change.ts'
import { DOCTOR_WORDS } from '../../words/doctor.ts'
import { reader } from '../../words/errors.ts'
import { healthDetail } from '../../words/health.ts'
import { columns, cut, pad, visibleLine, wrap } from '../../words/layout.ts'
import { localTime } from '../../words/local-time.ts'
import { RECORD_WORDS } from '../../words/record.ts'
import type { Call } from '../command.ts'
import { runnerTrouble } from '../runner-trouble.ts'
import { zoneHere } from '../show.ts'
import type { Terminal } from '../terminal.ts'

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
  const ja = terminal.language === 'ja'
  const reds = now.reds ?? 0
  const uncertain = now.uncertain ?? 0
  const word = now.calm
    ? terminal.paint('good', ja ? '平常' : 'calm')
    : reds > 0 || uncertain > 0
      ? terminal.paint('bad', ja ? '要確認' : 'look here')
      : terminal.paint('look', ja ? '待ちあり' : 'waiting')
  const queued = now.queued ?? 0
  const toStart = queued === 0 ? '' : ja ? `、開始待ち ${queued}` : `, ${queued} to start`
  const head = ja
    ? `関所 ${word}   赤 ${reds}、承認待ち ${now.waiting}${toStart}、実行中 ${now.running}、不明 ${uncertain}`
    : `Sekisho ${word}   ${reds} red, ${now.waiting} waiting${toStart}, ${now.running} running, ${uncertain} uncertain`
  const right = `${now.name}  ${localTime(now.at, zone, terminal.language).slice(11)}`
  const width = Math.min(terminal.streams.width, 100)
  const plain = head.replace(/\u001b\[[0-9;]*m/g, '')
  const first =
    columns(plain) + columns(right) + 2 <= width
      ? head + ' '.repeat(width - columns(plain) - columns(right)) + right
      : `${head}  ${right}`
  const indent = ja ? 12 : 14
  const row = (name: string, text: string) => ` ${pad(name, indent)}${text}`
  const rows = (name: string, texts: readonly string[]) =>
    texts.map((text, i) => row(i === 0 ? name : '', text))
  const room = width - indent - 1
  const change = (view: ChangeLine, who = '', others = 0) => {
    const more = others === 0 ? '' : ja ? `  ほか ${others} 件` : `  and ${others} more`
    return `${who}${line(view, terminal, room - columns(more) - columns(who))}${more}`
  }
  const none = ja ? 'なし' : 'none'
  const running = now.underWay ?? []
  const notKnown = now.attention.filter(({ state }) => state === 'stuck' || state === 'lost')
  const others = now.attention.filter((one) => !notKnown.includes(one) && one.state !== 'failed')
  const notLooked = (now.health ?? []).filter(
    ({ verdict }) => verdict === 'not_looked_at' || verdict === 'no_data',
  ).length
  const uncertainRows = [
    ...notKnown.map((one) => change(one)),
    ...(notLooked === 0
      ? []
      : [ja ? `健全を確かめられていないサービス ${notLooked} 件` : `health not known: ${notLooked}`]),
  ]
  const next = now.next[0]
  return [
    first,
    ...rows(
      ja ? '健全' : 'health',
      healthRows(now, terminal, zone).flatMap((text) => wrap(text, room)),
    ),
    ...rows(
      ja ? '判断待ち' : 'for a person',
      others.slice(0, 1).map((one) => change(one, '', Math.max(0, others.length - 1))),
    ),
    ...rows(ja ? '承認待ち' : 'waits for', waitsRows(now, terminal, change)),
    ...rows(
      ja ? '単独承認' : 'you alone',
      (now.aloneLater ?? []).slice(0, 1).map(({ id, from }) => {
        const at = localTime(from, zone, terminal.language).slice(5, 16)
        return ja ? `${id} を ${at} から承認できます` : `may approve ${id} from ${at}`
      }),
    ),
    ...stoppedRows(now.paused, row, terminal),
    ...rows(
      ja ? '実行中' : 'running',
      running[0] === undefined ? [none] : [change(running[0], '', running.length - 1)],
    ),
    ...rows(
      ja ? '開始待ち' : 'to start',
      (now.queue ?? []).slice(0, 1).map((one) => change(one, '', queued - 1)),
    ),
    ...rows(ja ? '不明' : 'uncertain', uncertainRows.length === 0 ? [none] : uncertainRows.slice(0, LINES)),
    ...rows(ja ? '赤' : 'red', redRows(now, terminal, room)),
    ...rows(
      ja ? '直し待ち' : 'to be revised',
      now.revise.slice(0, 1).map((one) => change(one, '', now.toRevise - 1)),
    ),
    ...rows(
      ja ? '最後の変更' : 'last change',
      now.last === undefined ? [] : [lastLine(now.last, terminal, zone)],
    ),
    row(ja ? '台帳' : 'ledger', ledgerLine(now.ledger, terminal, zone)),
    ...(next === undefined ? [] : [row(ja ? '次に' : 'next', next)]),
  ]
    .map((text) => text.trimEnd())
    .join('\n')
}

/** Of one kind no more than this; the rest is counted. */
const LINES = 3

/** Each service that is not healthy on a line of its own; the healthy ones share one. */
function healthRows({ health = [], at }: Status, terminal: Terminal, zone: string): readonly string[] {
  const { language } = terminal
  const ja = language === 'ja'
  const since = (one: HealthNow) => {
    if (one.at === undefined) return ''
    const looked = localTime(one.at, zone, language).slice(11, 19)
    const lasts = one.since === undefined ? 0 : Date.parse(at) - Date.parse(one.since)
    const span = BACKUP_WORDS[language].span(Math.max(1000, lasts))
    return one.verdict === 'red'
      ? ja
        ? `（${looked}、${span}前から）`
        : ` (looked at ${looked}, so for ${span})`
      : ja
        ? `（最後に見たのは ${BACKUP_WORDS.ja.ago(Date.parse(at) - Date.parse(one.at))}）`
        : ` (last looked at ${BACKUP_WORDS.en.ago(Date.parse(at) - Date.parse(one.at))})`
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
        `${terminal.paint('look', '!')} ${one.service}  ${ja ? '見ていません' : 'not looked at'}${since(one)}`,
    ),
    ...(green.length === 0
      ? []
      : [
          `${green.map(({ service }) => `${terminal.paint('good', ok)} ${service}`).join('  ')}${ja ? `（${BACKUP_WORDS.ja.ago(oldest)}に確認）` : ` (looked at ${BACKUP_WORDS.en.ago(oldest)})`}`,
        ]),
    ...(named('not_declared').length === 0
      ? []
      : [
          `${terminal.paint('dim', open)} ${named('not_declared')
            .map(({ service }) => service)
            .join('  ')}  ${ja ? 'health の宣言なし' : 'no health declared'}`,
        ]),
  ]
}

/** Whose approval each change waits for: first what waits for whoever asks. */
function waitsRows(
  now: Status,
  { language }: Terminal,
  change: (view: ChangeLine, who: string, others?: number) => string,
): readonly string[] {
  const ja = language === 'ja'
  const mine = new Set(now.forYou.map(({ id }) => id))
  const waits = now.waitsFor ?? now.forYou.map((one) => ({ change: one, people: [] as string[] }))
  if (waits.length === 0) return [ja ? 'なし' : 'nobody']
  const you = ja ? 'あなた' : 'you'
  const sorted = [
    ...waits.filter((one) => mine.has(one.change.id)),
    ...waits.filter((one) => !mine.has(one.change.id)),
  ]
  const shown = sorted.slice(0, LINES)
  return shown.map(({ change: view, people }, i) => {
    const who = mine.has(view.id)
      ? you
      : people.length === 0
        ? ja
          ? '承認できる人がいません'
          : 'nobody who may approve'
        : people.join(ja ? '、' : ', ')
    return change(view, `${who}: `, i === shown.length - 1 ? now.waiting - shown.length : 0)
  })
}

/** What is red, each in the words that `doctor` has for it. The health of services has lines of its own. */
function redRows(now: Status, terminal: Terminal, room: number): readonly string[] {
  const { language } = terminal
  const ja = language === 'ja'
  const wrong = runnerTrouble(now.runner, terminal)
  const sick = (now.health ?? []).filter(({ verdict }) => verdict === 'red').length
  const said = ({ code, values }: DoctorFact) => {
    const { what = code, why } = DOCTOR_WORDS[code]?.[language](reader(values as Detail)) ?? {}
    const age = values['ageMs']
    const looked =
      typeof age === 'number'
        ? ja
          ? `（${BACKUP_WORDS.ja.ago(age)}に確認）`
          : ` (looked at ${BACKUP_WORDS.en.ago(age)})`
        : ''
    return `${visibleLine(code === 'doctor.backup_failed' && why !== undefined ? `${what}${ja ? '。' : '; '}${why}` : what)}${looked}`
  }
  const all = [
    ...(wrong === undefined ? [] : [`runner ${wrong}  sekisho doctor`]),
    ...(now.guardTest?.red === true
      ? [
          ja
            ? '番人が自己試験に間違えました  sekisho doctor'
            : 'the guard answered its self-test wrongly  sekisho doctor',
        ]
      : []),
    ...(now.red ?? []).map(said),
  ]
  if (all.length === 0)
    return [sick > 0 ? (ja ? '健全のほかは なし' : 'nothing but health') : ja ? 'なし' : 'none']
  const more = all.length - LINES
  return [
    ...all
      .slice(0, LINES)
      .flatMap((text) => wrap(text, room))
      .map((text) => terminal.paint('bad', text)),
    ...(more > 0 ? [ja ? `ほか ${more} 件  sekisho doctor` : `and ${more} more: sekisho doctor`] : []),
  ]
}

/** Whose agent waits for a person after repeated refusals. */
function stoppedRows(
  paused: Status['paused'],
  row: (name: string, text: string) => string,
  terminal: Terminal,
): readonly string[] {
  const [first] = paused
  if (first === undefined) return []
  const who = first.account ?? `uid ${first.uid}`
  const more = paused.length - 1
  const text = terminal.pick({
    ja: `${who}（断られた操作 ${first.intents} 種）${more === 0 ? '' : `  ほか ${more} 件`}  理由は sekisho doctor`,
    en: `${who} (${first.intents} kinds of refused calls)${more === 0 ? '' : `  and ${more} more`}  why: sekisho doctor`,
  })
  return [row(terminal.pick({ ja: '止められた AI', en: 'paused agent' }), terminal.paint('look', text))]
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
  const ja = terminal.language === 'ja'
  const signed =
    checkpointAt === undefined ? undefined : localTime(checkpointAt, zone, terminal.language).slice(11, 16)
  return [
    ja ? `${size} 件` : `${size} entries`,
    signed === undefined ? (ja ? '検印 なし' : 'no checkpoint') : `${ja ? '検印' : 'checkpoint'} ${signed}`,
    witness ? (ja ? '立会 あり' : 'witnessed') : ja ? '立会 なし' : 'no witness',
  ].join(ja ? '、' : ', ')
}

function line(view: ChangeLine, terminal: Terminal, width: number): string {
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
    return terminal.pick({ ja: `  あと ${left} 秒で元に戻る`, en: `  goes back in ${left} s` })
  }
  if (view.undo.milliseconds === undefined) return ''
  const takes = seconds(view.undo.milliseconds)
  return terminal.pick({ ja: `  戻すのに ${takes} 秒`, en: `  way back takes ${takes} s` })
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
