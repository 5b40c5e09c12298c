// What comes back signed must be the text that was given out: of this person, for this subject, once, a short while ago.
import { SekishoError } from '../base/error.ts'
import { canonical } from '../base/json.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import { loadSigningRequest, useSigningRequest } from '../change/store.ts'
import type { Executor } from '../record/store.ts'
import type { Signed, Statement } from '../seal/statement.ts'
import type { Act } from './gate.ts'

/** The text must be the one that this person was asked to sign for this subject, once, within its time. */
export async function consumeRequest(
  step: Act,
  subject: string,
  signed: Signed,
  verified: { readonly statement: Statement },
): Promise<void> {
  await requireAsked(step.tx, step.at, subject, signed, verified)
  const { nonce } = verified.statement
  if (!(await useSigningRequest(step.tx, nonce, step.at)))
    throw new SekishoError('statement.nonce_used', { nonce })
}

export async function requireAsked(
  db: Executor,
  at: Instant,
  subject: string,
  signed: Signed,
  { statement }: { readonly statement: Statement },
): Promise<void> {
  const request = await loadSigningRequest(db, statement.nonce)
  if (request === undefined) throw new SekishoError('statement.not_asked', { approver: statement.approver })
  if (request.used) throw new SekishoError('statement.nonce_used', { nonce: statement.nonce })
  if (request.subject !== subject)
    throw new SekishoError('statement.other_change', { change: request.subject, wanted: subject })
  if (request.text !== signed.text || request.person !== statement.approver)
    throw new SekishoError('statement.altered', { approver: statement.approver })
  if (milliseconds(at) > milliseconds(request.expires))
    throw new SekishoError('statement.request_expired', { expires: request.expires })
}

export function signedBlob(signed: Signed): string {
  return canonical({ text: signed.text, signature: signed.signature })
}
