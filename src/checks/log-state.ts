// What is kept of a log between two counts of its errors: how far each of its generations was counted, and the errors by second. A
// generation is known again by its beginning, whatever it is called now: renamed, compressed, copied and cut.
import { boolean, type Decoder, integer, list, object, optional, text } from '../base/decode.ts'

export interface Generation {
  /** SHA-256 of its first bytes, unfolded, and of how many. */
  readonly head: string
  readonly headBytes: number
  readonly device: string
  readonly inode: string
  /** Unfolded bytes that were counted; ends behind a line feed. */
  readonly offset: number
  /** Its errors, by second. */
  readonly counts: readonly (readonly [second: number, errors: number])[]
  /** Of them those by which nginx says that a service was not there. */
  readonly lost?: readonly (readonly [second: number, errors: number])[]
  /** Beside them those about requests of Sekisho itself. */
  readonly own?: readonly (readonly [second: number, errors: number])[]
  /** Of a compressed file that was counted whole: its state then. */
  readonly done?: string
  /** When it was written last, as far as it was seen, in ms. */
  readonly writtenMs?: number
  /** When its newest line was written that could not be judged, in ms. */
  readonly unjudgedMs?: number
}

export interface LogState {
  readonly v: 1
  /** Errors before this moment were never counted, in ms. */
  readonly from: number
  readonly generations: readonly Generation[]
  readonly lines: boolean
  readonly stamped: boolean
}

const sha = text({ max: 64, pattern: /^[0-9a-f]{64}$/, what: 'a digest' })
const number = text({ max: 30, pattern: /^\d+$/, what: 'a number' })
const pair: Decoder<readonly [number, number]> = (value, at) => {
  const [second, errors] = list(integer(), 2)(value, at)
  return [second ?? 0, errors ?? 0]
}
const generation: Decoder<Generation> = object({
  head: sha,
  headBytes: integer(0, 65_536),
  device: number,
  inode: number,
  offset: integer(),
  counts: list(pair, 200_000),
  lost: optional(list(pair, 200_000)),
  own: optional(list(pair, 200_000)),
  done: optional(text({ max: 200 })),
  writtenMs: optional(integer()),
  unjudgedMs: optional(integer()),
})
export const logState: Decoder<LogState> = object({
  v: (value, at) => integer(1, 1)(value, at) as 1,
  from: integer(),
  generations: list(generation, 100),
  lines: boolean,
  stamped: boolean,
})

/** What a child is asked: descriptors from 3 on, oldest file first, and what was kept. */
export interface CountOrder {
  readonly v: 1
  readonly since: number
  readonly now: number
  /** Reading ends after this time; the next count goes on from there. */
  readonly withinMs: number
  readonly files: readonly { readonly fd: number; readonly name: string }[]
  readonly state?: LogState
  /** Of this machine. */
  readonly addresses?: readonly string[]
}

export interface CountAnswer {
  readonly v: 1
  readonly state: LogState
  /** False where lines of the window were not read. */
  readonly whole: boolean
  /** Of the last lines, which have no line feed yet: counted each time anew. */
  readonly open: readonly (readonly [second: number, errors: number])[]
  readonly readBytes: number
  readonly leftBytes: number
}
export const countAnswer: Decoder<CountAnswer> = object({
  v: (value, at) => integer(1, 1)(value, at) as 1,
  state: logState,
  whole: boolean,
  open: list(pair, 1000),
  readBytes: integer(),
  leftBytes: integer(),
})

export interface Counted {
  readonly errors: number
  /** In ms. */
  readonly newest?: number
}

/** Of the seconds since. */
export function countSince(seconds: Iterable<readonly [number, number]>, since: number): Counted {
  let errors = 0
  let newest = Number.NEGATIVE_INFINITY
  for (const [second, count] of seconds) {
    if (second * 1000 + 999 < since) continue
    errors += count
    if (second > newest) newest = second
  }
  return { errors, ...(errors === 0 ? {} : { newest: newest * 1000 }) }
}
