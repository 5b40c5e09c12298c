// One line of the journal as bytes, and the reading of a whole file of them: which lines are sound, whether the last one is torn.
// INVARIANT R1: a line is believed only when it is canonical, follows the line before by seq and by digest, and ends in a line feed.
import { type Digest, isDigest, sha256 } from '../../base/hash.ts'
import { canonical, isObject, type Json, JsonError, parseCanonical } from '../../base/json.ts'
import { isInstant } from '../../base/time.ts'
import type { JournalBody, JournalLine } from '../../seal/journal.ts'

/** `prev` of the first line of a file. */
export const FIRST_PREV = '0'.repeat(64) as Digest

export interface JournalRead {
  readonly lines: readonly JournalLine[]
  /** Bytes of the sound lines: where the next line begins. */
  readonly size: number
  /** Digest of the last sound line: `prev` of the next one. */
  readonly head: Digest
  /** Bytes after the last line feed: a line that was being written when the power went. */
  readonly tornBytes: number
  /** Anything else that is wrong: line number and reason. */
  readonly damage?: { readonly line: number; readonly why: string }
}

/** Text of a line without its line feed. */
export function lineText(line: JournalLine): string {
  return canonical(line as unknown as Json)
}

/** Reads a file of lines from its beginning, or from a place in it (`after`). Total: damage is an answer. */
export function readLines(
  bytes: Buffer,
  after: { readonly seq: number; readonly prev: Digest } = { seq: 0, prev: FIRST_PREV },
): JournalRead {
  const lines: JournalLine[] = []
  let { seq, prev } = after
  let at = 0
  for (;;) {
    const end = bytes.indexOf(0x0a, at)
    if (end < 0) return { lines, size: at, head: prev, tornBytes: bytes.length - at }
    const text = bytes.subarray(at, end)
    const read = readLine(text)
    const fault =
      typeof read === 'string'
        ? read
        : read.seq !== seq + 1
          ? `seq ${read.seq} after ${seq}`
          : read.prev === prev
            ? undefined
            : 'the digest of the line before does not fit'
    if (fault !== undefined)
      return { lines, size: at, head: prev, tornBytes: 0, damage: { line: seq + 1, why: fault } }
    if (typeof read !== 'string') lines.push(read)
    seq += 1
    prev = sha256(text)
    at = end + 1
  }
}

function readLine(bytes: Buffer): JournalLine | string {
  let value: Json
  try {
    value = parseCanonical(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    if (error instanceof JsonError || error instanceof TypeError || error instanceof RangeError)
      return error.message.slice(0, 200)
    throw error
  }
  if (!isObject(value)) return 'not an object'
  const { v, seq, prev, boot, uptime, at, key, body, ...rest } = value
  if (Object.keys(rest).length > 0) return 'an unknown field'
  if (v !== 1) return 'an unknown version'
  if (typeof seq !== 'number' || typeof uptime !== 'number') return 'a number is missing'
  if (typeof boot !== 'string' || typeof key !== 'string') return 'a text is missing'
  if (!isDigest(prev) || !isInstant(at)) return 'a field that does not parse'
  if (!isObject(body) || !isKind(body['kind'])) return 'a body of an unknown kind'
  // The runner wrote this body itself: its kind is known, the chain and the mode of the file stand for the rest.
  return { v, seq, prev, boot, uptime, at, key, body: body as unknown as JournalBody }
}

const KINDS: Readonly<Record<JournalBody['kind'], true>> = {
  accepted: true,
  refused: true,
  diagnostics: true,
  before: true,
  copies: true,
  armed: true,
  intent: true,
  outcome: true,
  probed: true,
  parked: true,
  continued: true,
  proof: true,
  awaitingKeep: true,
  claim: true,
  stopAsked: true,
  closed: true,
  trial: true,
  read: true,
  stored: true,
  policy: true,
  checkpoint: true,
  statement: true,
  clock: true,
  secret: true,
  code: true,
  backup: true,
  evidence: true,
  glass: true,
  lease: true,
  staged: true,
  isolation: true,
  runner: true,
}
export const JOURNAL_KINDS = Object.keys(KINDS) as readonly JournalBody['kind'][]

function isKind(value: unknown): value is JournalBody['kind'] {
  return typeof value === 'string' && Object.hasOwn(KINDS, value)
}
