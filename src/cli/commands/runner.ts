// `sekisho runner clock accept`, `runner fence reset`, `runner reconcile` and `runner prune`: what only the owner of this machine says to the
// runner, at its own door.
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { isTargetId } from '../../base/id.ts'
import { RUNNER_WORDS } from '../../words/runner.ts'
import { RUNNER_PRUNE_WORDS } from '../../words/runner-prune.ts'
import { type Call, flag } from '../command.ts'
import { askOwner, whoTypes } from '../rules-file.ts'
import { zoneHere } from '../show.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  if (call.words === 'runner reconcile') {
    const { open, settled } = await askOwner(call, (runner) => runner.ask('reconcile', {}))
    if (terminal.json) terminal.answer({ open, settled })
    else terminal.say(terminal.pick(RUNNER_WORDS.reconciled(settled, open)))
    return EXIT.done
  }
  if (call.words === 'runner prune') {
    const dryRun = flag(call, 'dry-run')
    const pruned = await askOwner(call, (runner) => runner.ask('prune', { dryRun, by: whoTypes(call) }))
    if (terminal.json) terminal.answer({ dryRun, ...pruned })
    else terminal.say(terminal.pick(RUNNER_PRUNE_WORDS)(pruned, dryRun).join('\n'))
    return EXIT.done
  }
  if (call.words === 'runner fence') {
    const [word, target = ''] = call.positionals
    if (word !== 'reset' || !isTargetId(target))
      throw new SekishoError('input.invalid', { field: 'TARGET', why: 'HOST/file:/PATH, HOST/unit:NAME' })
    const { was, mark } = await askOwner(call, (runner) =>
      runner.ask('fenceReset', { target, by: whoTypes(call) }),
    )
    if (terminal.json) terminal.answer({ target, was, mark })
    else terminal.say(terminal.pick(RUNNER_WORDS.fenceReset(target, was, mark)))
    return EXIT.done
  }
  const { at } = await askOwner(call, (runner) => runner.ask('clockAccept', { by: whoTypes(call) }))
  if (terminal.json) terminal.answer({ at })
  else terminal.say(terminal.pick(RUNNER_WORDS.clockAccepted(at, zoneHere())))
  return EXIT.done
}
