// `sekisho secret put|list`: the value goes from the terminal straight to the runner; gate, ledger and argv never see it.
import { EXIT, type ExitCode, SekishoError } from '../../base/error.ts'
import { isServiceName } from '../../base/id.ts'
import { localTime } from '../../words/local-time.ts'
import type { Call } from '../command.ts'
import { readHidden } from '../hidden.ts'
import { askOwner, ownGate } from '../rules-file.ts'
import { zoneHere } from '../show.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const [service, key] = call.positionals
  if (!isServiceName(service))
    throw new SekishoError('cli.usage', {
      why: terminal.pick({
        ja: `サービスの名前ではありません: ${service ?? ''}`,
        en: `not the name of a service: ${service ?? ''}`,
      }),
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
          .join('\n') || terminal.pick({ ja: 'まだありません。', en: 'None yet.' }),
      )
    return EXIT.done
  }
  const value = terminal.streams.interactive
    ? await readHidden(
        terminal.pick({ ja: `${key} の値（表示されません）: `, en: `value of ${key} (not shown): ` }),
      )
    : (await call.stdin()).toString('utf8').replace(/\r?\n$/, '')
  if (value === '')
    throw new SekishoError('cli.usage', {
      why: terminal.pick({ ja: '値が空です', en: 'an empty value' }),
      usage: call.usage,
    })
  const base64 = Buffer.from(value).toString('base64')
  const put = await askOwner(call, (runner) => runner.ask('secret', { service, key: key ?? '', base64 }))
  if (terminal.json) terminal.answer(put)
  else if (key?.startsWith('backup/') === true)
    terminal.say(
      terminal.pick({
        ja: `預かりました: ${put.reference}（版 ${put.version}）\n次のバックアップから使います: sekisho backup run --service ${service}`,
        en: `Kept: ${put.reference} (version ${put.version})\nthe next backup uses it: sekisho backup run --service ${service}`,
      }),
    )
  else
    terminal.say(
      terminal.pick({
        ja: `預かりました: ${put.reference}（版 ${put.version}）\n使う: sekisho do config --service ${service} --secret ${key}=${put.reference} --instruction "…"`,
        en: `Kept: ${put.reference} (version ${put.version})\nuse it: sekisho do config --service ${service} --secret ${key}=${put.reference} --instruction "…"`,
      }),
    )
  return EXIT.done
}
