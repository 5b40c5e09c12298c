// `sekisho do`: new → check → try → seal → the card, one command for an ordinary change. At a terminal it waits for the decision and the run.
import type { ExitCode } from '../../base/error.ts'
import type { Call } from '../command.ts'
import { propose, TRYING_IN_SHADOW } from '../propose.ts'
import { newChangeFrom } from '../wish.ts'
import { present } from './change-after.ts'

export async function run(call: Call): Promise<ExitCode> {
  return await present(await propose(call, await newChangeFrom(call), TRYING_IN_SHADOW), call)
}
