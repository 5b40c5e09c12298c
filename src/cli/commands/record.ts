// `sekisho record show|export`: the change record, and the proof that goes with it.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { writeDurable } from '../../sys/files.ts'
import { LEDGER_WORDS } from '../../words/ledger.ts'
import { type Call, option } from '../command.ts'
import { checkId } from '../ids.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const id = call.positionals[0] ?? ''
  checkId(call, id)
  const client = call.loggedIn()
  if (call.words === 'record show') {
    const record = await client.call('changeRecord', { id, language: terminal.language })
    if (terminal.json || option(call, 'format') === 'json') terminal.answer(record)
    else terminal.content(record.markdown)
    return EXIT.done
  }
  const text = await client.call('ledgerExport', { change: id })
  const out = option(call, 'out') ?? `${id}.sekisho`
  if (out === '-') {
    terminal.content(text)
    return EXIT.done
  }
  await writeDurable(out, text, { mode: 0o644 })
  const { publicKey } = await client.call('ledgerHead')
  if (terminal.json) terminal.answer({ file: out, bytes: Buffer.byteLength(text), publicKey })
  else terminal.say(terminal.pick(LEDGER_WORDS.exported(out, publicKey)))
  return EXIT.done
}
