// new → check → try → seal: makes a change from an input and brings it to the point where people can decide. `try` collects every check anew.
import { type ChangeView, changeView, type NewChange, type RollbackWish } from '../contract/change.ts'
import type { Both } from '../words/words.ts'
import type { Call } from './command.ts'

const SEALING: Both<string> = { ja: '封をしています', en: 'sealing' }

/** `trying`: the text shown during the trial. A blocked change is not sealed. `path`: the API path to post to, where it is not the default one. */
export async function propose(
  call: Call,
  wish: NewChange | RollbackWish,
  trying: Both<string>,
  path = '/changes',
): Promise<ChangeView> {
  const { terminal } = call
  const client = call.loggedIn()
  terminal.moving(terminal.pick({ ja: '計画を作っています', en: 'making the plan' }))
  let view = await client.post(path, wish, changeView)
  const step = async (verb: string, words: Both<string>) => {
    terminal.moving(`${view.id}  ${terminal.pick(words)}`)
    view = await client.post(`/changes/${view.id}/${verb}`, {}, changeView)
  }
  await step('try', trying)
  if (view.state === 'ready') await step('seal', SEALING)
  terminal.settle()
  return view
}

export const TRYING_IN_SHADOW: Both<string> = {
  ja: '検査し、隔離した場所で適用と取り消しを試しています',
  en: 'checking, and trying apply and undo in the shadow',
}
