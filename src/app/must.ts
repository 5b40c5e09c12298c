// Turns a refused answer into a thrown error, which ends the operation. The door turns its code into a sentence.
import { type Answer, failureOf } from '../base/error.ts'

/** Returns the value of an answer. Throws a refusal with its code and values, so that the transaction around it is rolled back. */
export function must<T>(answer: Answer<T>): { readonly ok: true } & T {
  if (answer.ok) return answer
  throw failureOf(answer)
}
