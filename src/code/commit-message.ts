// The message of the commit that a change leaves in production. Its body is part of the plan; the trailers come after the approval and are ours alone.
import { type Refused, refused } from '../base/error.ts'

export interface Trailers {
  readonly change: string
  /** The digest of the envelope that was approved. */
  readonly envelope: string
  readonly instructedBy: string
  readonly approvedBy: readonly string[]
  /** The digest of the receipt; absent where the rehearsal was waived. */
  readonly rehearsal?: string
  /** The commit that was proposed. */
  readonly candidate: string
}

const SUMMARY_CHARACTERS_MAX = 120
const BODY_CHARACTERS_MAX = 20_000
const OURS = /^[ \t]*(?:Change|Envelope|Instructed-by|Approved-by|Rehearsal|Candidate)[ \t]*:/im
const HIDDEN = /[^\P{C}\n\t]|[\u2028\u2029]/u

/** Of a body: one summary line, an empty line, text, and nothing that reads as one of our trailers. */
export function messageRefused(body: string): Refused | undefined {
  const wrong = (why: string) => refused('code.message', { why })
  const [summary = '', second = ''] = body.split('\n')
  if (body.length > BODY_CHARACTERS_MAX) return wrong('long')
  if (summary.trim() === '') return wrong('no summary')
  if (Array.from(summary).length > SUMMARY_CHARACTERS_MAX) return wrong('long summary')
  if (second !== '') return wrong('no empty line')
  if (HIDDEN.test(body)) return wrong('hidden')
  return OURS.test(body) ? wrong('trailer') : undefined
}

export function withTrailers(body: string, trailers: Trailers): string {
  const lines = [
    `Change: ${oneLine(trailers.change)}`,
    `Envelope: ${oneLine(trailers.envelope)}`,
    `Instructed-by: ${oneLine(trailers.instructedBy)}`,
    ...trailers.approvedBy.map((person) => `Approved-by: ${oneLine(person)}`),
    ...(trailers.rehearsal === undefined ? [] : [`Rehearsal: ${oneLine(trailers.rehearsal)}`]),
    `Candidate: ${oneLine(trailers.candidate)}`,
  ]
  return `${body.trimEnd()}\n\n${lines.join('\n')}\n`
}

function oneLine(text: string): string {
  return text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim()
}
