// Runs one part of a migration in one session of psql, statement by statement, each as an argument of its own (no backslash command is ever read), and
// measures between them: the clock, the write-ahead log, the locks that the transaction holds, filenodes and rows that were scanned.
import { randomBytes } from 'node:crypto'
import { decode, integer, list, object, record, text } from '../base/decode.ts'
import { failureOf, launch, readAll } from '../postgres/launch.ts'
import { literal, psqlArgv, sessionOf } from '../postgres/query.ts'
import type { Cluster, Limits } from '../postgres/types.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'
import type { Part } from '../sql/statements.ts'
import { type Bound, countedBefore, DELETED, moreThan, movedAtMost, movedBeyond, UPDATED } from './bound.ts'
import { claimMarker, insertMarker, type MarkerKey } from './marker.ts'
import { standsBefore } from './stands.ts'

/** What is seen of the session between two statements. */
export interface Look {
  /** Microseconds. */
  readonly at: number
  /** Position in the write-ahead log. */
  readonly wal: number
  /** `schema.table`, as it was called before the part, to the strongest mode that shuts somebody out. What the part itself made is not in it. */
  readonly locks: Readonly<Record<string, string>>
  /** `schema.table` to its filenode. Light looks have none. */
  readonly files: Readonly<Record<string, number>>
  /** Rows that sequential scans of this transaction have read, by table. */
  readonly scans: Readonly<Record<string, number>>
  /** Rows that this transaction has deleted, by table. */
  readonly deleted: Readonly<Record<string, number>>
  /** Rows that it has changed, by table. */
  readonly updated: Readonly<Record<string, number>>
}

export interface RanPart {
  /** Undefined where it did all it should. */
  readonly why?: string
  /** One before the first statement, one after each; of a transaction one more after COMMIT. */
  readonly looks: readonly Look[]
  /** What it would have lost beyond its bound, in rows by table or column: it was not committed for their sake. */
  readonly kept?: Readonly<Record<string, number>>
}

export interface RunPart {
  readonly database: string
  readonly key: MarkerKey
  readonly part: Part
  readonly number: number
  readonly lockMs: number
  /** For who looks into pg_stat_activity; nothing rests on it. */
  readonly name: string
  readonly searchPath: string
  /** With filenodes and scans: dear where there are many tables. */
  readonly isMeasured: boolean
  /** A part that loses more is not committed; its statements are numbered within the part. */
  readonly bound?: Bound
}

const OUTPUT_BYTES = 16 << 20
/** Modes that shut out somebody who writes; the last one also who reads. */
export const MODES = "'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'"
export const SHUTS_READERS = 'AccessExclusiveLock'

const NAME = `n.nspname || '.' || c.relname`
const TABLES = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '${MARKER_SCHEMA}')`

function lookStatement(
  nonce: string,
  { isMeasured, bound }: Pick<RunPart, 'isMeasured' | 'bound'>,
  isFirst = false,
): string {
  // By number: a table that was dropped or has another name now is still locked.
  const locks = `(SELECT json_object_agg(relation, mode) FROM (SELECT l.relation::bigint AS relation, min(l.mode) AS mode FROM pg_locks l
    WHERE l.locktype = 'relation' AND l.pid = pg_backend_pid() AND l.granted AND l.mode IN (${MODES})
    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()) GROUP BY 1) x)`
  const files = `(SELECT json_object_agg(${NAME}, coalesce(pg_relation_filenode(c.oid), 0)::bigint) FROM ${TABLES} AND c.relkind IN ('r', 'm'))`
  const there = `(SELECT json_object_agg(c.oid::bigint, ${NAME}) FROM ${TABLES} AND c.relkind IN ('r', 'p', 'm'))`
  const scans = `(SELECT json_object_agg(schemaname || '.' || relname, seq_tup_read) FROM pg_stat_xact_user_tables WHERE seq_tup_read > 0)`
  const deleted = `(SELECT json_object_agg(schemaname || '.' || relname, n_tup_del) FROM ${DELETED})`
  const updated = `(SELECT json_object_agg(schemaname || '.' || relname, n_tup_upd) FROM ${UPDATED})`
  return `SELECT '${nonce}' || json_build_object('at', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    'wal', (pg_current_wal_insert_lsn() - '0/0')::bigint, 'locks', coalesce(${locks}, '{}'), 'there', ${isFirst ? `coalesce(${there}, '{}')` : `'{}'::json`},
    'files', ${isMeasured ? `coalesce(${files}, '{}')` : `'{}'::json`}, 'scans', ${isMeasured ? `coalesce(${scans}, '{}')` : `'{}'::json`},
    'deleted', ${isMeasured || bound?.deletes !== undefined ? `coalesce(${deleted}, '{}')` : `'{}'::json`}, 'updated', ${isMeasured || bound?.updates !== undefined ? `coalesce(${updated}, '{}')` : `'{}'::json`})::text`
}

const names = /^[^\0]{1,140}$/
const counts = record(integer(0), names, 100_000)
const answered = object({
  at: integer(0),
  wal: integer(0),
  locks: record(text({ max: 40 }), /^\d{1,10}$/, 100_000),
  there: record(text({ max: 140 }), /^\d{1,10}$/, 100_000),
  files: counts,
  scans: counts,
  deleted: counts,
  updated: counts,
})
const looksOf = list(answered, 2000)

type Answered = ReturnType<typeof looksOf>

/** Each lock by the name that its table had before the first statement. */
function named(looks: Answered): readonly Look[] {
  const called = looks[0]?.there ?? {}
  return looks.map(({ there: _there, locks, ...one }) => ({
    ...one,
    locks: Object.fromEntries(
      Object.entries(locks).flatMap(([number, mode]) => {
        const table = called[number]
        return table === undefined ? [] : [[table, mode] as const]
      }),
    ),
  }))
}

/** Never throws for what the statements did. */
export async function runPart(as: Cluster, wanted: RunPart, limits: Limits): Promise<RanPart> {
  const nonce = `sekisho-${randomBytes(12).toString('hex')} `
  const look = lookStatement(nonce, wanted)
  const first = lookStatement(nonce, wanted, true)
  const { key, part, number, lockMs, bound } = wanted
  const sign = `${nonce}counted `
  const texts = part.statements.flatMap(({ text }, i) => [
    ...(bound === undefined || part.alone ? [] : countedBefore(bound, i, sign)),
    text,
    look,
  ])
  const lock = `SET lock_timeout = ${Math.max(1, Math.round(lockMs))}`
  const name = `SET application_name = ${literal(wanted.name)}`
  const statements = part.alone
    ? [
        name,
        lock,
        insertMarker(key, number, 'begun', standsBefore(part.statements[0])),
        first,
        ...texts,
        insertMarker(key, number, 'done'),
      ]
    : [
        name,
        'BEGIN',
        lock,
        claimMarker(key, number),
        first,
        ...texts,
        ...(bound === undefined ? [] : movedAtMost(bound)),
        'COMMIT',
        look,
      ]
  const argv = [...psqlArgv(as, wanted.database), ...statements.flatMap((one) => ['-c', one])]
  const settings = [`search_path=${wanted.searchPath}`, 'standard_conforming_strings=on', 'timezone=UTC']
  const { text: said, ended } = await readAll(
    launch(argv, { ...limits, ...sessionOf(as, settings) }),
    OUTPUT_BYTES,
  )
  const told = said.split('\n').filter((line) => line.startsWith(nonce))
  const lines = told.filter((line) => !line.startsWith(sign))
  const read = decode(
    looksOf,
    lines.map((line) => JSON.parse(line.slice(nonce.length)) as unknown),
  )
  const why = failureOf(ended)
  const looks = read.ok ? named(read.value) : []
  if (why === undefined) return { looks }
  if (bound === undefined) return { looks, why }
  const last = looks.length === part.statements.length + 1 ? looks.at(-1) : undefined
  const kept = {
    ...moreThan(bound, told, sign),
    ...(last === undefined ? {} : movedBeyond(bound, last)),
  }
  return { looks, why, ...(Object.keys(kept).length > 0 ? { kept } : {}) }
}

/** Whose sessions in which database. A migration may give its session another name, and never another login. */
export interface SessionsOf {
  readonly login: string
  readonly database: string
}

/**
 * Ends sessions of our login there and waits until none is left; true when none is. A login that was dropped or put aside meanwhile has left its sessions
 * without a name, or with that of a retired one. The caller sees to it that nothing else of ours is there under this login.
 */
export async function endSessions(
  by: (statement: string) => Promise<string>,
  { login, database }: SessionsOf,
  pause: (ms: number) => Promise<void>,
): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const left = await by(
      `SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(database)} AND pid <> pg_backend_pid()
         AND (usename = ${literal(login)} OR (usename IS NULL AND usesysid IS NOT NULL) OR usename ~ '^sekisho_retired_')) x`,
    )
    if (left === '0') return true
    await pause(100)
  }
  return false
}
