// Takes the author's own statement over the plan of a change.
import { SekishoError } from '../base/error.ts'
import type { ChangeId } from '../base/id.ts'
import { verifySshSignature } from '../base/sign.ts'
import { loadChange, type StoredChange } from '../change/store.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { verifyAuthor } from '../seal/enough.ts'
import type { Signed } from '../seal/statement.ts'
import { act, type Gate, now, plain } from './gate.ts'
import { must } from './must.ts'
import { consumeRequest, signedBlob } from './signing-request.ts'
import { requireAuthorable } from './statement.ts'

/** The author's statement over the plan: it decides nothing, and the approvals need it (seal/enough.ts). */
export async function takeAuthored(
  gate: Gate,
  id: ChangeId,
  policy: CompiledPolicy,
  signed: Signed,
): Promise<StoredChange> {
  const { verified } = must(verifyAuthor(signed, policy, now(gate), verifySshSignature))
  const { statement, digest, key } = verified
  return act(gate, statement.approver, async (step) => {
    const stored = await loadChange(step.tx, id)
    const { change } = stored
    requireAuthorable(change)
    await consumeRequest(step, id, signed, verified)
    if (change.author !== statement.approver)
      throw new SekishoError('statement.other_author', {
        approver: statement.approver,
        author: change.author,
        change: id,
      })
    if (change.planDigest !== statement.plan) throw new SekishoError('statement.other_plan', { change: id })
    const blob = await step.blob('statement', signedBlob(signed))
    await step.record(
      'change.authored',
      id,
      plain({
        revision: change.revision,
        plan: statement.plan,
        statement: digest,
        approver: statement.approver,
        role: statement.role,
        keyClass: key.class,
        fingerprint: key.fingerprint,
        at: statement.at,
        expires: statement.expires,
        demo: key.demo,
      }),
      [blob],
    )
    const authored = {
      by: statement.approver,
      plan: statement.plan,
      at: statement.at,
      expires: statement.expires,
      statement: digest,
      signed,
      fingerprint: key.fingerprint,
      demo: key.demo,
    }
    return step.save(stored, { ...change, authored })
  })
}
