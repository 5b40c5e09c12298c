// Turns a refused answer into a thrown error, which ends the operation. The door turns its code into a sentence.
import { type Answer, failureOf } from '../base/error.ts'
import type { ChangeId } from '../base/id.ts'

/**
 * Returns the value of an answer. Throws a refusal with its code and values, so that the transaction around it is rolled back. `change`: which one is not in
 * the state that it would have to be in.
 */
export function must<T>(answer: Answer<T>, change?: ChangeId): { readonly ok: true } & T {
  if (answer.ok) return answer
  if (change === undefined || answer.code !== 'change.wrong_state') throw failureOf(answer)
  throw failureOf({ ...answer, detail: { ...answer.detail, change } })
}
