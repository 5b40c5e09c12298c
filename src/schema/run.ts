// Runs the parts of a migration, up or down, in production and in the clone alike: each part once, with a deadline that no statement can lift.
import type { Cluster, Limits } from '../postgres/types.ts'
import type { Part } from '../sql/statements.ts'
import { type Bound, boundOfPart } from './bound.ts'
import type { Marker, MarkerKey } from './marker.ts'
import { endSessions, type Look, runPart, SHUTS_READERS } from './session.ts'

export interface RunParts {
  readonly database: string
  readonly key: MarkerKey
  readonly parts: readonly Part[]
  readonly lockMs: number
  readonly withinMs: number
  readonly searchPath: string
  readonly isMeasured: boolean
  /** A part that loses more is not committed; statements by their number in the file. */
  readonly bound?: Bound
  /** What is committed already is not run again. */
  readonly done: readonly Marker[]
}

/** How sessions are named in pg_stat_activity, for who looks there: a statement may give them another name. */
const sessionName = ({ execution, action, direction }: MarkerKey) =>
  `sekisho ${execution} ${action} ${direction}`.slice(0, 63)

export interface StatementMeasure {
  readonly part: number
  /** Which statement of the file, from 0. */
  readonly statement: number
  readonly line: number
  /** From the start of the statement to its end, in ms. */
  readonly milliseconds: number
  readonly walBytes: number
  /** Tables whose files are other ones than before the statement. */
  readonly rewritten: readonly string[]
  /** Tables of which more rows were read than before, with their number. */
  readonly scanned: Readonly<Record<string, number>>
  /** Rows that it deleted, by table. */
  readonly deleted: Readonly<Record<string, number>>
  readonly updated: Readonly<Record<string, number>>
  /** Locks that the transaction has since this statement. */
  readonly locks: Readonly<Record<string, string>>
}

export interface Ran {
  readonly why?: string
  /** The number of the part that failed. */
  readonly at?: number
  readonly isLate: boolean
  /** Rows that the part would have lost beyond its bound, by table or column: it was not committed for their sake. */
  readonly kept?: Readonly<Record<string, number>>
  readonly statements: readonly StatementMeasure[]
  /** From the first lock that shuts out writers until COMMIT, in ms, by table; `reads` of those that shut out readers too. */
  readonly locked: Readonly<Record<string, { readonly writes: number; readonly reads: number }>>
  readonly milliseconds: number
}

export interface RunHands {
  /** Speaks as somebody who may end the sessions. */
  readonly tell: (statement: string) => Promise<string>
  readonly pause: (ms: number) => Promise<void>
  readonly uptime: () => number
}

export async function runParts(as: Cluster, wanted: RunParts, limits: Limits, hands: RunHands): Promise<Ran> {
  const name = sessionName(wanted.key)
  const ours = { login: as.role, database: wanted.database }
  const started = hands.uptime()
  const statements: StatementMeasure[] = []
  const locked: Record<string, { writes: number; reads: number }> = {}
  // What an earlier life of ours left running would commit after us, or hold what we wait for.
  if (!(await endSessions(hands.tell, ours, hands.pause)))
    return { why: 'an earlier session does not end', isLate: false, statements, locked, milliseconds: 0 }
  for (const [number, part] of wanted.parts.entries()) {
    if (wanted.done.some((one) => one.part === number && one.state === 'done')) continue
    const left = wanted.withinMs - (hands.uptime() - started)
    const late = AbortSignal.timeout(Math.max(1, Math.round(left)))
    const signal = limits.signal === undefined ? late : AbortSignal.any([late, limits.signal])
    const first = wanted.parts.slice(0, number).reduce((sum, one) => sum + one.statements.length, 0)
    const { bound, ...rest } = wanted
    const bounded = bound === undefined ? {} : { bound: boundOfPart(bound, first, part.statements) }
    const ran = await runPart(
      as,
      { ...rest, ...bounded, part, number, name },
      { timeoutMs: limits.timeoutMs, signal },
    )
    if (ran.why !== undefined) await endSessions(hands.tell, ours, hands.pause)
    statements.push(...measured(part, number, first, ran.looks))
    for (const [table, ms] of Object.entries(lockedIn(ran.looks))) {
      const before = locked[table] ?? { writes: 0, reads: 0 }
      locked[table] = { writes: Math.max(before.writes, ms.writes), reads: Math.max(before.reads, ms.reads) }
    }
    const milliseconds = Math.round(hands.uptime() - started)
    if (ran.why !== undefined)
      return {
        why: ran.why,
        at: number,
        isLate: late.aborted,
        ...(ran.kept === undefined ? {} : { kept: ran.kept }),
        statements,
        locked,
        milliseconds,
      }
  }
  return { isLate: false, statements, locked, milliseconds: Math.round(hands.uptime() - started) }
}

const ms = (from: Look, to: Look) => Math.max(0, Math.round((to.at - from.at) / 1000))

type Counts = Readonly<Record<string, number>>

const more = (before: Counts, after: Counts): Counts =>
  Object.fromEntries(
    Object.entries(after).flatMap(([table, rows]) => {
      const added = rows - (before[table] ?? 0)
      return added > 0 ? [[table, added] as const] : []
    }),
  )

function measured(
  part: Part,
  number: number,
  first: number,
  looks: readonly Look[],
): readonly StatementMeasure[] {
  return part.statements.flatMap(({ line }, i): StatementMeasure[] => {
    const [before, after] = [looks[i], looks[i + 1]]
    if (before === undefined || after === undefined) return []
    return [
      {
        part: number,
        statement: first + i,
        line,
        milliseconds: ms(before, after),
        walBytes: Math.max(0, after.wal - before.wal),
        rewritten: Object.keys(after.files).filter(
          (table) => before.files[table] !== undefined && before.files[table] !== after.files[table],
        ),
        scanned: more(before.scans, after.scans),
        deleted: more(before.deleted, after.deleted),
        updated: more(before.updated, after.updated),
        locks: Object.fromEntries(
          Object.entries(after.locks).filter(([table, mode]) => before.locks[table] !== mode),
        ),
      },
    ]
  })
}

/**
 * A statement of 3 ms may hold its lock for as long as the rest takes: counted from before the statement until after COMMIT. A table that the part itself
 * makes shuts nobody out.
 */
function lockedIn(
  looks: readonly Look[],
): Readonly<Record<string, { readonly writes: number; readonly reads: number }>> {
  const last = looks.at(-1)
  if (last === undefined) return {}
  const found: Record<string, { writes: number; reads: number }> = {}
  for (const [i, look] of looks.entries()) {
    const before = looks[i - 1] ?? look
    for (const [table, mode] of Object.entries(look.locks)) {
      const known = (found[table] ??= { writes: ms(before, last), reads: 0 })
      if (mode === SHUTS_READERS && known.reads === 0) known.reads = ms(before, last)
    }
  }
  return found
}
