// new → check → try → seal: makes a change from an input and brings it to the point where people can decide. `try` collects every check anew.
import type { StageWish } from '../contract/backup.ts'
import type { ChangeView, NewChange } from '../contract/change.ts'
import { CHANGE_PROGRESS } from '../words/change-progress.ts'
import type { Both } from '../words/words.ts'
import type { Client } from './client.ts'
import type { Call } from './command.ts'
import { signAsked } from './commands/author-sign.ts'

/**
 * `begin`: asks for the new change. `trying`: the text shown during the trial. A blocked change is not sealed. `asked`: what was typed, whose
 * plan is signed as its author at once; of taking a change back nothing was typed that a plan could be held against (`change sign`).
 * `restore`: what was typed of a restore.
 */
export async function propose(
  call: Call,
  begin: (client: Client) => Promise<ChangeView>,
  trying: Both<string>,
  asked?: NewChange,
  restore?: StageWish,
): Promise<ChangeView> {
  const { terminal } = call
  const client = call.loggedIn()
  terminal.moving(terminal.pick(CHANGE_PROGRESS.planning))
  let view = await begin(client)
  const step = async (operation: 'changeTry' | 'changeSeal', words: Both<string>) => {
    terminal.moving(`${view.id}  ${terminal.pick(words)}`)
    view = await client.call(operation, { id: view.id })
  }
  await step('changeTry', trying)
  if (view.state === 'ready') await step('changeSeal', CHANGE_PROGRESS.sealing)
  if (asked !== undefined) view = await signAsked(call, view, asked, restore)
  terminal.settle()
  return view
}
