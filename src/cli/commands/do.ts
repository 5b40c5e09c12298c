// `sekisho do`: new → check → try → seal → the card, one command for an ordinary change. At a terminal it waits for the decision and the run.
import { EXIT, type ExitCode } from '../../base/error.ts'
import type { ChangeView } from '../../contract/change.ts'
import { type Call, flag } from '../command.ts'
import { conclude, stayed } from '../conclude.ts'
import { follow } from '../follow.ts'
import { propose, TRYING_IN_SHADOW } from '../propose.ts'
import { card, nextLines, zoneHere } from '../show.ts'
import { newChangeFrom } from '../wish.ts'

export async function run(call: Call): Promise<ExitCode> {
  return await present(await propose(call, await newChangeFrom(call), TRYING_IN_SHADOW), call)
}

/** Shows the card and goes on as the change stands: blocked, waiting, or already running by a standing statement. */
export async function present(view: ChangeView, call: Call): Promise<ExitCode> {
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
