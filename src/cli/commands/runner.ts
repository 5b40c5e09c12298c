// `sekisho runner clock accept`, `runner reconcile` and `runner prune`: what only the owner of this machine says to the runner, at its own door.
import { EXIT, type ExitCode } from '../../base/error.ts'
import { localTime } from '../../words/local-time.ts'
import { RUNNER_PRUNE_WORDS } from '../../words/runner-prune.ts'
import { type Call, flag } from '../command.ts'
import { askOwner, whoTypes } from '../rules-file.ts'
import { zoneHere } from '../show.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  if (call.words === 'runner reconcile') {
    const { open, settled } = await askOwner(call, (runner) => runner.ask('reconcile', {}))
    if (terminal.json) terminal.answer({ open, settled })
    else
      terminal.say(
        terminal.pick({
          ja: `片づけた実行: ${settled.join('、') || 'なし'}\n開いている実行: ${open.join('、') || 'なし'}`,
          en: `settled: ${settled.join(', ') || 'none'}\nopen: ${open.join(', ') || 'none'}`,
        }),
      )
    return EXIT.done
  }
  if (call.words === 'runner prune') {
    const dryRun = flag(call, 'dry-run')
    const pruned = await askOwner(call, (runner) => runner.ask('prune', { dryRun, by: whoTypes(call) }))
    if (terminal.json) terminal.answer({ dryRun, ...pruned })
    else terminal.say(terminal.pick(RUNNER_PRUNE_WORDS)(pruned, dryRun).join('\n'))
    return EXIT.done
  }
  const { at } = await askOwner(call, (runner) => runner.ask('clockAccept', { by: whoTypes(call) }))
  if (terminal.json) terminal.answer({ at })
  else
    terminal.say(
      terminal.pick({
        ja: `いまの時刻を認めました: ${localTime(at, zoneHere(), 'ja')}`,
        en: `The time is accepted: ${localTime(at, zoneHere(), 'en')}`,
      }),
    )
  return EXIT.done
}
