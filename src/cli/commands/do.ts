// `sekisho do`: new → check → try → seal → the card, one command for an ordinary change. At a terminal it asks whoever
// may approve it, and else waits for the decision; then it follows the run.
import type { ExitCode } from '../../base/error-codes.ts'
import { CHANGE_PROGRESS } from '../../words/change-progress.ts'
import { newChangeFrom } from '../change-input.ts'
import type { Call } from '../command.ts'
import { propose } from '../propose.ts'
import { askToApprove } from './ask-to-approve.ts'
import { present } from './change-after.ts'

export async function run(call: Call): Promise<ExitCode> {
  if (call.positionals[0] === 'code') return (await import('./do-code.ts')).doCode(call)
  const wish = await newChangeFrom(call)
  const view = await propose(
    call,
    (client) => client.call('changeCreate', wish),
    wish.pattern === 'schema' ? CHANGE_PROGRESS.rehearsingSchema : CHANGE_PROGRESS.tryingInShadow,
    wish,
  )
  return (await askToApprove(view, call)) ?? (await present(view, call))
}
