// `sekisho do`: new → check → try → seal → the card, one command for an ordinary change. At a terminal it waits for the decision and the run.
import { EXIT, type ExitCode } from '../../base/error.ts'
import { type ChangeView, changeView } from '../../contract/change.ts'
import { type Call, flag } from '../command.ts'
import { conclude, follow, stayed } from '../follow.ts'
import { card, nextLines, zoneHere } from '../show.ts'
import { newChangeFrom } from '../wish.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const wish = await newChangeFrom(call)
  terminal.moving(terminal.pick({ ja: '計画を作っています', en: 'making the plan' }))
  let view = await client.post('/changes', wish, changeView)
  const { id } = view
  const stage = async (path: string, words: { ja: string; en: string }) => {
    terminal.moving(`${id}  ${terminal.pick(words)}`)
    view = await client.post(`/changes/${id}/${path}`, {}, changeView)
  }
  // `try` collects every check anew and tries apply and undo in the shadow.
  await stage('try', {
    ja: '検査し、隔離した場所で適用と取り消しを試しています',
    en: 'checking, and trying apply and undo in the shadow',
  })
  if (view.state === 'ready') await stage('seal', { ja: '封をしています', en: 'sealing' })
  terminal.settle()
  return await present(view, call)
}

/** Shows the card and goes on as the change stands: blocked, waiting, or already running by a standing statement. */
async function present(view: ChangeView, call: Call): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const zone = zoneHere()
  if (!terminal.json) terminal.say(card(view, call, zone))
  if (view.state === 'blocked' || view.state === 'void') return conclude(view, terminal, zone)
  const waits = view.state === 'awaiting_approval'
  if (waits && !terminal.json) terminal.say(`${nextLines(view, terminal)}\n`)
  if (waits && (flag(call, 'no-wait') || !terminal.streams.interactive)) {
    if (terminal.json) terminal.answer(view)
    return EXIT.waiting
  }
  if (flag(call, 'no-wait')) return conclude(view, terminal, zone)
  if (waits)
    terminal.note(
      terminal.pick({
        ja: '待つのをやめる: Ctrl-C（変更は残ります）',
        en: 'stop waiting: Ctrl-C (the change stays)',
      }),
    )
  const last = await follow(view.id, client, terminal, call.interrupted)
  if (call.interrupted.aborted) return stayed(last, terminal)
  return conclude(last, terminal, zone)
}
