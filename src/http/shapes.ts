// What every route says alike: a body of JSON, an answer of JSON or text, the problem of a refusal, who asks.
import { z } from 'zod'
import { problem } from '../contract/gate.ts'

export const json = <S extends z.ZodType>(schema: S) => ({ content: { 'application/json': { schema } } })
export const body = <S extends z.ZodType>(schema: S) => ({ body: { ...json(schema), required: true } })
export const failure = {
  content: { 'application/problem+json': { schema: problem } },
  description:
    'RFC 9457 problem: `code` is stable, `title` is a sentence in the language of Accept-Language.',
}
export const ok = <S extends z.ZodType>(schema: S, description: string) => ({
  200: { ...json(schema), description },
  default: failure,
})
export const text = (type: string, description: string) => ({
  200: { content: { [type]: { schema: z.string() } }, description },
  default: failure,
})

export const bearer = [{ bearer: [] }]
/** A key of the caller's: the same key with the same body gets the same answer for 24 hours. */
export const idempotent = z.object({ 'idempotency-key': z.string().min(1).max(200).optional() })
