// `sekisho ledger verify|export|checkpoint`.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { writeDurable } from '../../sys/files.ts'
import { LEDGER_WORDS } from '../../words/ledger.ts'
import { ledgerWhy } from '../../words/verify.ts'
import { type Call, option } from '../command.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  if (call.words === 'ledger export') {
    const text = await client.call('ledgerExport', { change: option(call, 'change') })
    const out = option(call, 'out')
    if (out === undefined || out === '-') {
      terminal.content(text)
      return EXIT.done
    }
    await writeDurable(out, text, { mode: 0o644 })
    const head = await client.call('ledgerHead')
    if (terminal.json)
      terminal.answer({ file: out, bytes: Buffer.byteLength(text), publicKey: head.publicKey })
    else terminal.say(terminal.pick(LEDGER_WORDS.exported(out, head.publicKey)))
    return EXIT.done
  }
  if (call.words === 'ledger checkpoint') {
    const made = await client.call('ledgerCheckpoint')
    if (terminal.json) terminal.answer(made)
    else terminal.say(made.note)
    return EXIT.done
  }
  const verdict = await client.call('ledgerVerify')
  if (terminal.json) terminal.answer(verdict)
  else if (verdict.sound)
    terminal.say(
      `${terminal.paint('good', terminal.ascii ? 'ok' : '✓')} ${terminal.pick(LEDGER_WORDS.whole(verdict.size, verdict.checkpoint))}`,
    )
  else
    terminal.sentence('✗', {
      what:
        verdict.signed !== undefined
          ? terminal.pick(LEDGER_WORDS.notTheSigned(verdict.signed, verdict.size))
          : verdict.at === undefined
            ? terminal.pick(LEDGER_WORDS.cannotBeShown)
            : terminal.pick(LEDGER_WORDS.brokenAt(verdict.at)),
      why: ledgerWhy(verdict.why ?? verdict.checkpoint, terminal.language),
      next: [verdict.why === 'no_checkpoint' ? 'sekisho ledger checkpoint' : 'sekisho doctor'],
    })
  return verdict.sound ? EXIT.done : EXIT.blocked
}
