// How a change stands after a verb: shown once, or followed until it waits or ends.
import { EXIT, type ExitCode } from '../../base/error.ts'
import type { ChangeView } from '../../contract/change.ts'
import type { Call } from '../command.ts'
import { conclude, stayed } from '../conclude.ts'
import { follow } from '../follow.ts'
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
  return call.interrupted.aborted ? stayed(last, terminal) : conclude(last, terminal, zoneHere())
}
