// `sekisho ledger verify|export|checkpoint`.
import { EXIT, type ExitCode } from '../../base/error.ts'
import { writeDurable } from '../../sys/files.ts'
import { ledgerWhy } from '../../words/verify.ts'
import { type Call, option } from '../command.ts'

const CHECKPOINT = {
  signed: { ja: 'あり', en: 'signed' },
  none: { ja: 'なし', en: 'none' },
  behind: { ja: 'あり（その後の記録はまだ署名されていません）', en: 'signed, but not of the newest entries' },
  wrong: { ja: '合いません', en: 'does not fit' },
} as const

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
    else
      terminal.say(
        terminal.pick({
          ja: `書き出しました: ${out}\n確かめる（サーバーなしで）: sekisho-verify ${out} --key ${head.publicKey}`,
          en: `Written: ${out}\nverify it without a server: sekisho-verify ${out} --key ${head.publicKey}`,
        }),
      )
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
      `${terminal.paint('good', terminal.ascii ? 'ok' : '✓')} ${terminal.pick({ ja: `台帳は完全です: ${verdict.size} 件、検印 ${CHECKPOINT[verdict.checkpoint].ja}`, en: `The ledger is whole: ${verdict.size} entries, checkpoint ${CHECKPOINT[verdict.checkpoint].en}` })}`,
    )
  else
    terminal.sentence('✗', {
      what:
        verdict.signed !== undefined
          ? terminal.pick({
              ja: `検印された台帳ではありません。検印されたのは ${verdict.signed} 件、いまは ${verdict.size} 件です`,
              en: `This is not the ledger that was signed: ${verdict.signed} entries were signed, ${verdict.size} are here`,
            })
          : verdict.at === undefined
            ? terminal.pick({ ja: '台帳を確かめられません', en: 'The ledger cannot be shown to hold' })
            : terminal.pick({
                ja: `台帳が合いません: ${verdict.at} 件目`,
                en: `The ledger does not hold at entry ${verdict.at}`,
              }),
      why: ledgerWhy(verdict.why ?? verdict.checkpoint, terminal.language),
      next: [verdict.why === 'no_checkpoint' ? 'sekisho ledger checkpoint' : 'sekisho doctor'],
    })
  return verdict.sound ? EXIT.done : EXIT.blocked
}
