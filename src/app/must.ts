// Where an answer that is no becomes the end of an operation: the door turns the code into a sentence.
import { type Answer, SekishoError } from '../base/error.ts'

/** The value of an answer; a refusal is thrown with its own code and values, so that the transaction around it is rolled back. */
export function must<T>(answer: Answer<T>): { readonly ok: true } & T {
  if (answer.ok) return answer
  throw new SekishoError(answer.code, answer.detail)
}
