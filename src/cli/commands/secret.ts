// `sekisho secret put|list`: the value goes from the terminal straight to the runner; gate, ledger and argv never see it.
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { isServiceName } from '../../base/id.ts'
import { localTime } from '../../words/local-time.ts'
import { SECRET_WORDS } from '../../words/secret.ts'
import type { Call } from '../command.ts'
import { readHidden } from '../hidden.ts'
import { askOwner, ownGate } from '../rules-file.ts'
import { zoneHere } from '../show.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const [service, key] = call.positionals
  if (!isServiceName(service))
    throw new SekishoError('cli.usage', {
      why: terminal.pick(SECRET_WORDS.noService(service ?? '')),
      usage: call.usage,
    })
  ownGate(call)
  if (call.words === 'secret list') {
    const { keys } = await askOwner(call, (runner) => runner.ask('secrets', { service }))
    if (terminal.json) terminal.answer({ keys })
    else
      terminal.say(
        keys
          .map((one) => `${one.key}  v${one.version}  ${localTime(one.at, zoneHere(), terminal.language)}`)
          .join('\n') || terminal.pick(SECRET_WORDS.none),
      )
    return EXIT.done
  }
  const value = terminal.streams.interactive
    ? await readHidden(terminal.pick(SECRET_WORDS.ask(key ?? '')))
    : (await call.stdin()).toString('utf8').replace(/\r?\n$/, '')
  if (value === '')
    throw new SekishoError('cli.usage', {
      why: terminal.pick(SECRET_WORDS.empty),
      usage: call.usage,
    })
  const base64 = Buffer.from(value).toString('base64')
  const put = await askOwner(call, (runner) => runner.ask('secret', { service, key: key ?? '', base64 }))
  if (terminal.json) terminal.answer(put)
  else if (key?.startsWith('backup/') === true)
    terminal.say(terminal.pick(SECRET_WORDS.keptForBackup(put.reference, put.version, service)))
  else terminal.say(terminal.pick(SECRET_WORDS.kept(put.reference, put.version, service, key ?? '')))
  return EXIT.done
}
