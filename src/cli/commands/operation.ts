// A command that is one operation and nothing more: asks for it with what was typed, and shows the answer by its shape.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { ChangeView } from '../../contract/change.ts'
import { namesIn, type Operation, type OperationCommand } from '../../contract/operation.ts'
import { OPERATIONS, type OperationName } from '../../contract/operations.ts'
import { visible } from '../../words/layout.ts'
import { asTyped, type Call, type Command, flag } from '../command.ts'
import { checkId } from '../ids.ts'
import { followUp, showAfter } from './change-after.ts'

/** The command of this operation. */
export function asking(name: OperationName): Awaited<ReturnType<Command['load']>> {
  return { run: (call) => ask(call, name) }
}

async function ask(call: Call, name: OperationName): Promise<ExitCode> {
  const { path, output, command }: Operation = OPERATIONS[name]
  const input = Object.fromEntries(namesIn(path).map((one, i) => [one, call.positionals[i] ?? '']))
  if (input['id'] !== undefined) checkId(call, input['id'])
  const answer: unknown = await call.loggedIn().call(name, asTyped(input))
  if (output === 'change.changeView') return await shownChange(call, answer as ChangeView, command?.follows)
  if (typeof answer === 'string') call.terminal.content(visible(answer))
  else call.terminal.answer(answer as object)
  return EXIT.done
}

/** The exit code follows from how the change stands. */
async function shownChange(
  call: Call,
  view: ChangeView,
  follows: OperationCommand['follows'],
): Promise<ExitCode> {
  const isLeft = follows === undefined || (follows !== true && flag(call, follows.unless))
  return isLeft ? showAfter(call, view) : await followUp(call, view, { leaving: view.state })
}
