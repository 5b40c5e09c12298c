// A change that waits for an approval, at a terminal: its card once and one question, where the person who sits there may approve it.
import type { ExitCode } from '../../base/error-codes.ts'
import type { ChangeView } from '../../contract/change.ts'
import { type Call, flag } from '../command.ts'
import { approve } from './change-sign.ts'

/** Undefined where nobody is asked: no terminal, `--no-wait`, `--json`, or somebody else has to approve. */
export async function askToApprove(view: ChangeView, call: Call): Promise<ExitCode | undefined> {
  const { terminal } = call
  if (view.state !== 'awaiting_approval' || !terminal.streams.interactive || terminal.json) return undefined
  if (flag(call, 'no-wait')) return undefined
  const me = (await call.loggedIn().call('who')).id
  const isMine = view.next.some(
    ({ command, by }) => command.startsWith('sekisho change approve ') && by.includes(me),
  )
  return isMine ? await approve(call, view.id) : undefined
}
