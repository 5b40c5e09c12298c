// `sekisho ledger accept-fork`: an owner signs that the ledger goes on from its head as it is, past what the runner had signed.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { NAMESPACE } from '../../seal/statement.ts'
import { systemClock } from '../../sys/clock.ts'
import { LEDGER_WORDS } from '../../words/ledger.ts'
import { checkStatement } from '../check-statement.ts'
import { type Call, flag, option } from '../command.ts'
import { findKey, signText } from '../sign.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const me = await client.call('who')
  const { size, root } = await client.call('ledgerHead')
  if (!terminal.json) terminal.note(terminal.pick(LEDGER_WORDS.forkIs(size, root.slice(0, 12))))
  if (!(await agreed(call))) {
    terminal.sentence('!', {
      what: terminal.pick(LEDGER_WORDS.forkNotAccepted),
      next: ['sekisho ledger accept-fork --yes'],
    })
    return EXIT.waiting
  }
  const { text } = await client.call('forkStatement')
  checkStatement(text, { type: 'acceptFork', approver: me.id, fields: { size, root } }, systemClock.now())
  const { people } = await client.call('policy')
  const enrolled = people.find(({ id }) => id === me.id)?.keys.filter(({ revoked }) => !revoked) ?? []
  const key = await findKey(
    call.environment,
    option(call, 'key'),
    enrolled.map(({ fingerprint }) => fingerprint),
  )
  const signature = await signText(text, key, NAMESPACE, call.environment)
  const { accepted } = await client.call('forkAccept', { signed: { text, signature } })
  if (terminal.json) terminal.answer({ accepted, size, root })
  else terminal.say(accepted ? terminal.pick(LEDGER_WORDS.goesOn) : terminal.pick(LEDGER_WORDS.secondOwner))
  return accepted ? EXIT.done : EXIT.waiting
}

/** Signing is an act: where nobody can be asked, it must have been said on the line. */
async function agreed(call: Call): Promise<boolean> {
  if (flag(call, 'yes')) return true
  return call.terminal.agrees(call.terminal.pick(LEDGER_WORDS.askFork))
}
