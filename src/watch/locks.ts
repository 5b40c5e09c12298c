// Lock files against archives of advisories that the owner provides (N27): opened here, read by a child without rights. The answer carries
// the age of its data; an archive that is too old, or cannot be read, is no data and never good.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type Decoder, decode, integer, list, object, optional, text } from '../base/decode.ts'
import type { Judged } from '../checks/items.ts'
import type { OwnLook } from '../plans/own-check.ts'
import { openFetched } from './archive.ts'
import { runChild } from './child.ts'
import type { LookContext } from './looker.ts'

type Locks = Extract<OwnLook, { readonly kind: 'locks' }>

export interface LocksOrder {
  readonly v: 1
  readonly files: readonly { readonly fd: number; readonly path: string; readonly kind: 'lock' | 'archive' }[]
}
export interface LocksAnswer {
  /** Of which file, and why nothing could be read of it. */
  readonly unread?: string
  readonly packages: number
  readonly loose: number
  readonly records: number
  /** Ecosystems of packages of which no archive has a record. */
  readonly uncovered: readonly string[]
  /** When the newest record was written, in ms: of the ecosystem whose records are the oldest. */
  readonly newest: number
  readonly unknown: readonly string[]
  readonly vulnerable: readonly string[]
}
const name = text({ max: 500 })
const answer: Decoder<LocksAnswer> = object({
  unread: optional(text({ max: 5000 })),
  packages: integer(),
  loose: integer(),
  records: integer(),
  uncovered: list(name, 10),
  newest: integer(),
  unknown: list(name, 100_000),
  vulnerable: list(name, 100_000),
})

const WITHIN_MS = 50_000
const NAMES_SHOWN = 6

export async function lookAtLocks(
  { lockFiles, advisories, staleAfterMs, ca }: Locks,
  context: Pick<LookContext, 'self' | 'signal' | 'clock' | 'places'>,
): Promise<Judged> {
  const { self, signal, clock } = context
  const handles: FileHandle[] = []
  try {
    const wanted = [
      ...lockFiles.map((path) => ({ path, kind: 'lock' as const })),
      ...advisories.map((path) => ({ path, kind: 'archive' as const })),
    ]
    for (const { path } of wanted) {
      const handle = /^https?:/.test(path)
        ? await openFetched(path, ca, context)
        : await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
            (error: NodeJS.ErrnoException) => error.code ?? 'EIO',
          )
      if (typeof handle === 'string')
        return {
          state: 'no_data',
          ...(/^https?:/.test(path)
            ? { code: 'check.locks_not_fetched', values: { url: path, why: handle } }
            : { code: 'check.locks_unread', values: { path, why: handle } }),
        }
      handles.push(handle)
    }
    const order: LocksOrder = { v: 1, files: wanted.map((one, i) => ({ ...one, fd: i + 3 })) }
    const said = await runChild(self, 'locks', JSON.stringify(order), {
      descriptors: handles.map(({ fd }) => fd),
      maxOutput: 16_777_216,
      timeoutMs: WITHIN_MS,
      signal,
    })
    const read = decode(answer, said)
    if (!read.ok)
      return {
        state: 'no_data',
        code: 'check.locks_unread',
        values: { path: advisories[0] ?? '', why: 'the reader ended' },
      }
    return judgeLocks(read.value, clock.now(), staleAfterMs)
  } finally {
    await Promise.all(handles.map((handle) => handle.close()))
  }
}

export function judgeLocks(found: LocksAnswer, now: number, staleAfterMs: number): Judged {
  const { unread, packages, loose, records, newest, unknown, vulnerable, uncovered } = found
  if (unread !== undefined)
    return { state: 'no_data', code: 'check.locks_unread', values: { path: unread, why: 'not readable' } }
  if (uncovered.length > 0 && vulnerable.length === 0)
    return { state: 'no_data', code: 'check.locks_uncovered', values: { names: uncovered.join(', ') } }
  if (records === 0 || newest === 0) return { state: 'no_data', code: 'check.locks_no_records', values: {} }
  const ageMs = Math.max(0, now - newest)
  const values = { packages, ageMs, count: vulnerable.length, names: shown(vulnerable) }
  // What was found is told however old the data is; that nothing was found is said of fresh data alone.
  if (vulnerable.length > 0)
    return { state: 'red', code: 'check.locks_vulnerable', values, value: vulnerable.length }
  if (ageMs > staleAfterMs) return { state: 'no_data', code: 'check.locks_stale', values }
  const open = unknown.length + loose
  if (packages === 0 && open === 0) return { state: 'no_data', code: 'check.locks_empty', values: {} }
  if (open > 0)
    return {
      state: 'no_data',
      code: 'check.locks_in_part',
      values: { ...values, open, names: shown(unknown) },
    }
  return { state: 'good', code: 'check.locks_none', values, value: 0 }
}

const shown = (names: readonly string[]) =>
  names.length <= NAMES_SHOWN
    ? names.join(', ')
    : `${names.slice(0, NAMES_SHOWN).join(', ')} (+${names.length - NAMES_SHOWN})`
