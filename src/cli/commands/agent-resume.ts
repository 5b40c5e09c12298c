// `sekisho agent resume UID|USER`: a person lets the agent of an account go on that was paused after repeated refusals.
import { EXIT, type ExitCode } from '../../base/error.ts'
import type { Call } from '../command.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const who = call.positionals[0] ?? ''
  const { uid } = await call.loggedIn().call('guardResume', { who })
  if (terminal.json) terminal.answer({ uid })
  else
    terminal.say(
      terminal.pick({
        ja: `${who} のエージェントを再開しました。断られた操作の数え直しが始まります。`,
        en: `The agent of ${who} goes on. Refusals are counted anew.`,
      }),
    )
  return EXIT.done
}
