// The id of a change as it is typed.
import { SekishoError } from '../base/error.ts'
import { changeId } from '../contract/change.ts'
import { COMMAND_LINE } from '../words/command-line.ts'
import type { Call } from './command.ts'

/** Throws cli.usage for what can be no id. */
export function checkId(call: Call, typed: string): void {
  if (changeId.safeParse(typed).success) return
  throw new SekishoError('cli.usage', {
    why: call.terminal.pick(COMMAND_LINE.noChangeId(typed)),
    usage: 'sekisho change list',
  })
}
