// `sekisho completion bash|zsh`: the script that the shell evaluates.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { Call, Command } from '../command.ts'
import { completionFor, SHELLS } from '../completion.ts'
import { wrongValue } from '../usage.ts'

/** The table of commands names this one, and hands itself in. */
export const completing = (commands: readonly Command[]) => ({
  run: async (call: Call): Promise<ExitCode> => {
    const shell = SHELLS.find((one) => one === call.positionals[0])
    if (shell === undefined) throw wrongValue(call, 'SHELL', call.positionals[0] ?? '', SHELLS)
    const script = completionFor(shell, commands)
    if (call.terminal.json) call.terminal.answer({ shell, script })
    else call.terminal.say(script)
    return EXIT.done
  },
})
