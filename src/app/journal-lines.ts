// Lines of the runner's journal outside of executions, as the gate takes them onto the record: from the last one it has, in order, and from
// the first one where that journal is another one than before.
import { type Decoder, decode, integer, matching, object, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type Digest, isDigest, sha256 } from '../base/hash.ts'
import { JsonError, parseCanonical } from '../base/json.ts'
import { type Instant, isInstant } from '../base/time.ts'
import type { JournalBody } from '../seal/journal.ts'
import type { Gate } from './gate.ts'

export type LineKind = JournalBody['kind'] &
  ('policy' | 'backup' | 'statement' | 'isolation' | 'glass' | 'code')

export interface TakenLine<B> {
  readonly text: string
  readonly digest: Digest
  readonly seq: number
  readonly at: Instant
  readonly body: B
}
/** How far one kind of line was taken: where the next ones begin, if the journal still holds it. */
export interface Taken {
  readonly seq: number
  readonly digest: Digest
}
/** The bytes of a line as they stand in the file: the proof of its entry. */
export function proofOf(line: TakenLine<unknown>): { readonly bytes: string; readonly digest: Digest } {
  const bytes = `${line.text}\n`
  return { bytes, digest: sha256(bytes) }
}

export const takenShape: Decoder<Taken> = object({
  seq: integer(0),
  digest: matching(isDigest, 'a digest'),
})

/** Throws runner.*. */
export async function linesAfter<B>(
  gate: Gate,
  of: LineKind,
  body: Decoder<B>,
  known: Taken | undefined,
): Promise<{ readonly lines: readonly TakenLine<B>[]; readonly last: boolean }> {
  const asked = await ask(gate, of, body, known?.seq ?? 0)
  if (known === undefined) return asked
  const [first, ...rest] = asked.lines
  if (first?.digest === known.digest) return { ...asked, lines: rest }
  // That line is gone: this is another journal, and all of it is new.
  gate.log.warn({ of, seq: known.seq }, 'the runner’s journal is another one than before')
  return ask(gate, of, body, 0)
}

async function ask<B>(gate: Gate, of: LineKind, body: Decoder<B>, from: number) {
  const answer = await gate.runner.ask('read', { what: { kind: 'lines', of, from } })
  if (answer.kind !== 'lines') throw new SekishoError('runner.protocol', { why: 'another answer' })
  return { lines: answer.lines.map((one) => parseLine(one, body)), last: answer.last }
}

/** Throws runner.protocol where it is no line of the journal. */
function parseLine<B>(line: string, body: Decoder<B>): TakenLine<B> {
  try {
    const read = decode(lineShape(body), parseCanonical(line))
    if (!read.ok) throw new SekishoError('runner.protocol', { why: `${read.at}: ${read.why}` })
    const { seq, at, body: said } = read.value
    return { text: line, digest: sha256(line), seq, at, body: said }
  } catch (cause) {
    if (cause instanceof JsonError)
      throw new SekishoError('runner.protocol', { why: cause.message }, { cause })
    throw cause
  }
}

const lineShape = <B>(body: Decoder<B>) =>
  object({
    v: integer(1, 1),
    seq: integer(0),
    prev: matching(isDigest, 'a digest'),
    boot: text(),
    uptime: integer(0),
    at: matching(isInstant, 'an instant'),
    key: text(),
    body,
  })
