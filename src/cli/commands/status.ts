// `sekisho status`: five lines, no more than a glance.
import { EXIT, type ExitCode } from '../../base/error.ts'
import type { ChangeView } from '../../contract/change.ts'
import { type Status, status } from '../../contract/gate.ts'
import { CHANGE_WORDS, seconds } from '../../words/change.ts'
import { columns, cut, pad, visibleLine } from '../../words/layout.ts'
import { localTime } from '../../words/local-time.ts'
import { RECORD_WORDS } from '../../words/record.ts'
import type { Call } from '../command.ts'
import { runnerTrouble } from '../runner-trouble.ts'
import { zoneHere } from '../show.ts'
import type { Terminal } from '../terminal.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const now = await call.loggedIn().get('/status', status)
  if (terminal.json) terminal.answer(now)
  else terminal.say(render(now, terminal, zoneHere()))
  return EXIT.done
}

export function render(now: Status, terminal: Terminal, zone: string): string {
  const ja = terminal.language === 'ja'
  const calm = now.calm
    ? terminal.paint('good', ja ? '平常' : 'calm')
    : terminal.paint('look', ja ? '要対応' : 'attention')
  const head = ja
    ? `関所 ${calm}   承認待ち ${now.waiting}、実行中 ${now.running}、要対応 ${now.needsPerson}`
    : `Sekisho ${calm}   ${now.waiting} waiting, ${now.running} running, ${now.needsPerson} need a person`
  const right = `${now.name}  ${localTime(now.at, zone, terminal.language).slice(11)}`
  const width = Math.min(terminal.streams.width, 100)
  const plain = head.replace(/\u001b\[[0-9;]*m/g, '')
  const first =
    columns(plain) + columns(right) + 2 <= width
      ? head + ' '.repeat(width - columns(plain) - columns(right)) + right
      : `${head}  ${right}`
  const indent = ja ? 18 : 20
  const row = (name: string, text: string) => ` ${pad(name, indent)}${text}`
  const change = (name: string, view: ChangeView | undefined, others = 0) => {
    if (view === undefined) return []
    const more = others === 0 ? '' : ja ? `  ほか ${others} 件` : `  and ${others} more`
    return [row(name, `${line(view, terminal, width - indent - 1 - columns(more))}${more}`)]
  }
  const [runs, ...alsoRun] = now.underWay ?? []
  const urgent = now.attention[0]
  const mine = now.forYou[0]
  const wrong = runnerTrouble(now.runner, terminal)
  // Most urgent first; what has no room in the five lines is what waits least.
  const rows = [
    ...(wrong === undefined ? [] : [row('runner', `${terminal.paint('bad', wrong)}  sekisho doctor`)]),
    ...(now.guardTest?.red === true
      ? [
          row(
            ja ? '番人' : 'guard',
            `${terminal.paint('bad', ja ? '自己試験に間違えました' : 'the self-test was answered wrongly')}  sekisho doctor`,
          ),
        ]
      : []),
    ...change(ja ? '人の判断待ち' : 'needs a person', urgent, Math.max(0, now.needsPerson - 1)),
    ...change(ja ? '実行中' : 'running now', runs, alsoRun.length),
    ...(mine?.id === urgent?.id ? [] : change(ja ? 'あなたの承認待ち' : 'for you to approve', mine)),
    ...stoppedRows(now.paused, row, terminal),
    ...change(ja ? '直し待ち' : 'to be revised', now.revise[0], now.toRevise - 1),
    ...(now.last === undefined
      ? []
      : [row(ja ? '最後の変更' : 'last change', lastLine(now.last, terminal, zone))]),
    row(ja ? '台帳' : 'ledger', ledgerLine(now.ledger, terminal, zone)),
  ]
  const next = now.next[0]
  return [first, ...rows.slice(0, 3), ...(next === undefined ? [] : [row(ja ? '次に' : 'next', next)])]
    .map((text) => text.trimEnd())
    .join('\n')
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

function lastLine(last: ChangeView, terminal: Terminal, zone: string): string {
  const words = CHANGE_WORDS[terminal.language]
  const at = last.execution?.endedAt ?? last.createdAt
  return `${last.id}  ${last.service}  ${words.kind[last.kind] ?? last.kind}  ${mark(last, terminal)}  ${localTime(at, zone, terminal.language).slice(11, 16)}`
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

function line(view: ChangeView, terminal: Terminal, width: number): string {
  const words = CHANGE_WORDS[terminal.language]
  const back = wayBack(view, terminal)
  const step = view.execution?.steps.find(({ state }) => state === 'running')
  // The name of the row says already that it waits for an approval.
  const stands =
    view.state === 'awaiting_approval'
      ? ''
      : `  ${step === undefined ? words.state[view.state] : (words.step[step.kind] ?? step.kind)}`
  const what = `${view.service}  ${visibleLine(view.summary ?? view.instruction.text)}`
  return cut(`${view.id}  ${words.kind[view.kind] ?? view.kind}${stands}${back}  ${what}`, width)
}

/** Waiting for keep, what counts is how long it still waits; else how long the way back takes. */
function wayBack(view: ChangeView, terminal: Terminal): string {
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

function mark(view: ChangeView, terminal: Terminal): string {
  const outcome = view.execution?.outcome
  if (outcome === 'kept') return terminal.paint('good', terminal.ascii ? 'ok' : '✓')
  const words = CHANGE_WORDS[terminal.language]
  return outcome === undefined
    ? (words.state[view.state] ?? view.state)
    : terminal.paint(
        'bad',
        `${terminal.ascii ? 'x' : '✗'} ${RECORD_WORDS[terminal.language].outcome[outcome] ?? outcome}`,
      )
}
