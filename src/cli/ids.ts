// The id of a change as it is typed.
import { SekishoError } from '../base/error.ts'
import { changeId } from '../contract/change.ts'
import type { Call } from './command.ts'

/** Throws cli.usage for what can be no id. */
export function checkId(call: Call, typed: string): void {
  if (changeId.safeParse(typed).success) return
  throw new SekishoError('cli.usage', {
    why: call.terminal.pick({
      ja: `変更の番号は CHG-2026-0001 の形です（${typed}）`,
      en: `the id of a change looks like CHG-2026-0001, not ${typed}`,
    }),
    usage: 'sekisho change list',
  })
}
