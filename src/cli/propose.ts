// new → check → try → seal: makes a change from an input and brings it to the point where people can decide. `try` collects every check anew.
import type { ChangeView } from '../contract/change.ts'
import type { Both } from '../words/words.ts'
import type { Client } from './client.ts'
import type { Call } from './command.ts'

const SEALING: Both<string> = { ja: '封をしています', en: 'sealing' }

/** `begin`: asks for the new change. `trying`: the text shown during the trial. A blocked change is not sealed. */
export async function propose(
  call: Call,
  begin: (client: Client) => Promise<ChangeView>,
  trying: Both<string>,
): Promise<ChangeView> {
  const { terminal } = call
  const client = call.loggedIn()
  terminal.moving(terminal.pick({ ja: '計画を作っています', en: 'making the plan' }))
  let view = await begin(client)
  const step = async (operation: 'changeTry' | 'changeSeal', words: Both<string>) => {
    terminal.moving(`${view.id}  ${terminal.pick(words)}`)
    view = await client.call(operation, { id: view.id })
  }
  await step('changeTry', trying)
  if (view.state === 'ready') await step('changeSeal', SEALING)
  terminal.settle()
  return view
}

export const TRYING_IN_SHADOW: Both<string> = {
  ja: '検査し、隔離した場所で適用と取り消しを試しています',
  en: 'checking, and trying apply and undo in the shadow',
}
