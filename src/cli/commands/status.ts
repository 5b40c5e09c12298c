// `sekisho status`: five lines, no more than a glance.
import { EXIT, type ExitCode } from '../../base/error.ts'
import { localTime } from '../../change/card.ts'
import type { ChangeView } from '../../contract/change.ts'
import { type Status, status } from '../../contract/gate.ts'
import { CHANGE_WORDS, seconds } from '../../words/change.ts'
import { columns, cut, pad, visibleLine } from '../../words/layout.ts'
import { RECORD_WORDS } from '../../words/record.ts'
import type { Call } from '../command.ts'
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
  const words = CHANGE_WORDS[terminal.language]
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
  const label = (text: string) => pad(text, ja ? 18 : 20)
  const rows: string[] = [first]
  const urgent = now.attention[0]
  const mine = now.forYou[0]
  if (!now.runner.reachable)
    rows.push(
      ` ${label(ja ? 'runner' : 'runner')}${terminal.paint('bad', ja ? '応答なし' : 'does not answer')}  sekisho doctor`,
    )
  if (urgent !== undefined)
    rows.push(
      ` ${label(ja ? '人の判断待ち' : 'needs a person')}${line(urgent, terminal, width - (ja ? 19 : 21))}`,
    )
  if (mine !== undefined && mine.id !== urgent?.id)
    rows.push(
      ` ${label(ja ? 'あなたの承認待ち' : 'for you to approve')}${line(mine, terminal, width - (ja ? 19 : 21))}`,
    )
  if (now.last !== undefined) {
    const at = now.last.execution?.endedAt ?? now.last.createdAt
    rows.push(
      ` ${label(ja ? '最後の変更' : 'last change')}${now.last.id}  ${words.kind[now.last.kind] ?? now.last.kind}  ${mark(now.last, terminal)}  ${localTime(at, zone, terminal.language).slice(11, 16)}`,
    )
  }
  const checkpoint =
    now.ledger.checkpointAt === undefined
      ? ja
        ? '検印 なし'
        : 'no checkpoint'
      : `${ja ? '検印' : 'checkpoint'} ${localTime(now.ledger.checkpointAt, zone, terminal.language).slice(11, 16)}`
  rows.push(
    ` ${label(ja ? '台帳' : 'ledger')}${now.ledger.size} ${ja ? '件' : 'entries'}、${checkpoint}、${now.ledger.witness ? (ja ? '立会 あり' : 'witnessed') : ja ? '立会 なし' : 'no witness'}`.replaceAll(
      '、',
      ja ? '、' : ', ',
    ),
  )
  const next = now.next[0]
  if (next !== undefined) rows.push(` ${label(ja ? '次に' : 'next')}${next}`)
  return rows.slice(0, 5 + (now.runner.reachable ? 0 : 1)).join('\n')
}

function line(view: ChangeView, terminal: Terminal, width: number): string {
  const words = CHANGE_WORDS[terminal.language]
  const back =
    view.undo.milliseconds === undefined
      ? ''
      : terminal.pick({
          ja: `  戻し ${seconds(view.undo.milliseconds)} 秒`,
          en: `  back in ${seconds(view.undo.milliseconds)} s`,
        })
  return cut(
    `${view.id}  ${words.kind[view.kind] ?? view.kind}  ${words.state[view.state]}${back}  ${visibleLine(view.summary ?? view.instruction.text)}`,
    width,
  )
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
