// `sekisho agent resume UID|USER`: a person lets the agent of an account go on that was paused after repeated refusals.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { PEOPLE_WORDS } from '../../words/people.ts'
import type { Call } from '../command.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const who = call.positionals[0] ?? ''
  const { uid } = await call.loggedIn().call('guardResume', { who })
  if (terminal.json) terminal.answer({ uid })
  else terminal.say(terminal.pick(PEOPLE_WORDS.agentResumed(who)))
  return EXIT.done
}
