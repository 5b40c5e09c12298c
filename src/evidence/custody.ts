// The custody log of an incident's evidence: lines that follow each other by digest, and their comparison with the runner's journal. Rules.
import { decode } from '../base/decode.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { canonical, type Json, JsonError, parseCanonical } from '../base/json.ts'
import { type CustodyLine, custodyLine, type EvidenceCheck } from '../seal/evidence.ts'
import type { KnownLine } from './events.ts'

const FIRST_PREV = '0'.repeat(64) as Digest

export type CustodyDraft = Omit<CustodyLine, 'v' | 'n' | 'prev'>

/** The text of the next line, without its line feed. `before`: the texts of the lines that are there. */
export function nextLine(before: readonly string[], draft: CustodyDraft): string {
  const last = before.at(-1)
  const line = { v: 1, n: before.length + 1, prev: last === undefined ? FIRST_PREV : sha256(last), ...draft }
  return canonical(line as unknown as Json)
}

/** Bytes behind the last line feed were being written when the power went: they are no line. */
export function textsOf(bytes: Buffer): readonly string[] {
  return bytes
    .toString('latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line, 'latin1').toString('utf8'))
}

/** Undefined for what is no line of a custody log. */
export function parseLine(text: string): CustodyLine | undefined {
  try {
    const read = decode(custodyLine, parseCanonical(text))
    return read.ok ? read.value : undefined
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

/** Each line that the journal knows, compared by its digest with the line that stands in the log. */
export function compareCustody(
  texts: readonly string[],
  known: readonly KnownLine[],
): Pick<EvidenceCheck, 'custody' | 'added'> {
  const custody = known.map(({ line, item }, i) => {
    const text = texts[i]
    const found = text === undefined ? 'missing' : sha256(text) === line ? 'equal' : 'changed'
    return { n: i + 1, ...(item === undefined ? {} : { item }), found } as const
  })
  return { custody, added: Math.max(0, texts.length - known.length) }
}
