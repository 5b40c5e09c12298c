// How a change stands after a verb or a proposal: shown once, or followed until it waits or ends.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { ChangeView } from '../../contract/change.ts'
import { CHANGE_PROGRESS } from '../../words/change-progress.ts'
import { type Call, flag } from '../command.ts'
import { follow } from '../follow.ts'
import { printOutcome, stayed } from '../outcome.ts'
import { card, nextLines, zoneHere } from '../show.ts'

/** The card as it stands now, and what can be typed next. */
export function showAfter(call: Call, view: ChangeView): ExitCode {
  const { terminal } = call
  if (terminal.json) {
    terminal.answer(view)
    return exitAfter(view)
  }
  terminal.say(card(view, call, zoneHere()))
  const next = nextLines(view, terminal)
  if (next !== '') terminal.say(next)
  return exitAfter(view)
}

const exitAfter = (view: ChangeView): ExitCode =>
  view.state === 'blocked' || view.state === 'void' ? EXIT.blocked : EXIT.done

/** Stays with it until it waits for somebody or has ended. */
export async function followUp(
  call: Call,
  view: ChangeView,
  leaving: { readonly leaving?: ChangeView['state'] } = {},
): Promise<ExitCode> {
  const { terminal } = call
  const last = await follow(view.id, call.loggedIn(), terminal, call.interrupted, leaving)
  return call.interrupted.aborted ? stayed(last, terminal) : printOutcome(last, terminal, zoneHere())
}

/** Shows the card and goes on as the change stands: blocked, waiting, or already running by a standing statement. */
export async function present(view: ChangeView, call: Call): Promise<ExitCode> {
  const { terminal } = call
  const zone = zoneHere()
  if (!terminal.json) terminal.say(card(view, call, zone))
  if (view.state === 'blocked' || view.state === 'void') return printOutcome(view, terminal, zone)
  const waits = view.state === 'awaiting_approval'
  if (waits && !terminal.json) terminal.say(`${nextLines(view, terminal)}\n`)
  if (waits && (flag(call, 'no-wait') || !terminal.streams.interactive)) {
    if (terminal.json) terminal.answer(view)
    return EXIT.waiting
  }
  if (flag(call, 'no-wait')) return printOutcome(view, terminal, zone)
  if (waits) terminal.note(terminal.pick(CHANGE_PROGRESS.stopWaiting))
  return await followUp(call, view)
}
