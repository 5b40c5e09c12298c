// Accepts a ledger that does not extend what the runner signed (a database restored from a backup): an owner signs that it goes on from here.
// Until then nothing starts (INVARIANT I7). The lost entries are still in the runner's journal and in every export.
import { SekishoError } from '../base/error.ts'
import { verifySshSignature } from '../base/sign.ts'
import { after, randomHex } from '../base/time.ts'
import type { Actor } from '../identity/actor.ts'
import { currentRoot } from '../record/store.ts'
import { verifyStatement } from '../seal/enough.ts'
import type { Signed } from '../seal/statement.ts'
import { allow, nameOf, WHOLE } from './authorize.ts'
import { giveToRunner } from './decide.ts'
import { act, type Gate, now } from './gate.ts'
import { checkpoint } from './ledger.ts'
import { must } from './must.ts'
import { consumeRequest, signedBlob } from './signing-request.ts'
import { giveOut, SIGNING_LIFE_MS, type ToSign } from './statement.ts'
import { sweep } from './sweep.ts'

const SUBJECT = 'fork'

export async function askFork(gate: Gate, actor: Actor): Promise<ToSign> {
  allow(gate, actor, 'fork.accept', WHOLE)
  if (actor.kind !== 'person')
    throw new SekishoError('agent.never_approves', { agent: nameOf(actor), operation: 'fork.accept' })
  const { size, root } = await currentRoot(gate.db)
  const at = now(gate)
  return giveOut(gate, SUBJECT, actor.id, {
    v: 1,
    approver: actor.id,
    role: 'owner',
    nonce: randomHex(gate.random, 16),
    at,
    expires: after(at, SIGNING_LIFE_MS),
    type: 'acceptFork',
    size,
    root,
  })
}

/** `accepted` is false while a second owner has to sign the same head. */
export async function acceptFork(gate: Gate, actor: Actor, signed: Signed): Promise<{ accepted: boolean }> {
  const policy = allow(gate, actor, 'fork.accept', WHOLE)
  const { verified } = must(verifyStatement(signed, policy, now(gate), verifySshSignature))
  const { statement, person } = verified
  if (statement.type !== 'acceptFork')
    throw new SekishoError('statement.wrong_type', { type: statement.type, wanted: 'acceptFork' })
  const { size, root } = statement
  const { effect } = await giveToRunner(gate, signed)
  const accepted = effect === `${size} ${root}`
  await act(gate, person.id, async (step) => {
    await consumeRequest(step, SUBJECT, signed, verified)
    const blob = await step.blob('statement', signedBlob(signed))
    await step.record(
      'ledger.fork_accepted',
      'ledger',
      { size, root, statement: verified.digest, accepted },
      [blob],
    )
  })
  if (accepted) await goOn(gate)
  return { accepted }
}

/** Signs the head again and starts what was approved, without waiting for the next sweep. */
async function goOn(gate: Gate): Promise<void> {
  try {
    await checkpoint(gate)
    await sweep(gate)
  } catch (error) {
    gate.log.warn({ why: String(error) }, 'what follows an accepted fork failed; the jobs do it later')
  }
}
