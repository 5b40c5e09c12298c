// What was measured on the clone, as facts and problems. Names that production and the SQL do not have are not told.
import type { Json, JsonObject } from '../base/json.ts'
import { type CatalogueDifference, type CatalogueEntry, catalogueDifference } from '../plans/catalogue.ts'
import type { Problem } from '../seal/journal.ts'
import { acceptances, bare, type Finding, type LintRule, ROWS_AT_RISK } from '../sql/lint.ts'
import type { CountedRisk } from './at-risk.ts'
import type { Differs } from './clone.ts'
import type { Same } from './loss.ts'
import type { Names } from './names.ts'
import type { SqlText } from './on-clone.ts'
import type { ContentDifference } from './rows.ts'
import type { Ran, StatementMeasure } from './run.ts'
import type { Samples } from './sampler.ts'
import { SHUTS_READERS } from './session.ts'

/** Names that stand in one sentence of the card and in the entry of the ledger. */
export const SHOWN = 20
/** Of one kind of finding. The card shows the first of them, `change evidence` all these. */
export const FOUND_MAX = 200

/** The first of a list, and under `…More` how many are left out. */
export const shownOf = (name: string, all: readonly Json[], most = FOUND_MAX): JsonObject => ({
  [name]: all.slice(0, most),
  ...(all.length > most ? { [`${name}More`]: all.length - most } : {}),
})

/** The first of them; a last one says how many are left out. */
export function problemsShown(path: string, all: readonly Problem[]): readonly Problem[] {
  if (all.length <= FOUND_MAX) return all
  const text = String(all.length - FOUND_MAX)
  return [...all.slice(0, FOUND_MAX), { code: 'validation.more', path, text }]
}

/** Has production a table of that name? One without a schema is looked for in all. */
export function isIn(live: readonly CatalogueEntry[]): (table: string) => boolean {
  const names = new Set(live.flatMap(({ at }) => (at.startsWith('table ') ? [at.slice(6)] : [])))
  return (table) =>
    table.includes('.') ? names.has(table) : [...names].some((name) => name.endsWith(`.${table}`))
}

/** By which acceptance a statement may take it, beside the one that names rows: the rule of the text that says the same. */
const RULES: Readonly<Record<CountedRisk['kind'], readonly LintRule[]>> = {
  column: ['drop_column'],
  table: ['drop_table'],
  rows: ['truncate', 'all_rows'],
  type: [],
  changed: ['all_rows'],
}

/** What the author has not accepted in a comment right before the statement blocks: rows that hold something and would be gone. */
export function unaccepted(risks: readonly CountedRisk[], up: SqlText): readonly Problem[] {
  const accepted = acceptances(up.sql, up.statements)
  return problemsShown(
    up.name,
    risks
      .filter(
        ({ kind, statement }) =>
          ![ROWS_AT_RISK, ...RULES[kind]].some((rule) => accepted[statement]?.has(rule)),
      )
      .map(({ line, statement: _statement, ...one }) => ({
        code: 'schema.at_risk',
        path: up.name,
        line,
        text: JSON.stringify(one),
      })),
  )
}

/** Rows of production's tables that a statement deleted in the clone, also where it stands inside of another one. */
export function deletedIn(
  { statements }: Ran,
  known: Pick<ReadonlySet<string>, 'has'>,
): readonly CountedRisk[] {
  return statements.flatMap(({ line, statement, deleted }) =>
    Object.entries(deleted).flatMap(([table, rows]): CountedRisk[] =>
      known.has(table) ? [{ kind: 'rows', line, statement, table, rows }] : [],
    ),
  )
}

/** Rows that a statement changed, of tables in which something that was there before is another one now. */
export function changedIn(
  { statements }: Ran,
  moved: Pick<ReadonlySet<string>, 'has'>,
): readonly CountedRisk[] {
  return statements.flatMap(({ line, statement, updated }) =>
    Object.entries(updated).flatMap(([table, rows]): CountedRisk[] =>
      moved.has(table) ? [{ kind: 'changed', line, statement, table, rows }] : [],
    ),
  )
}

/** Tables of before of which rows were updated, also where a statement gave the table another name first. */
export function updatedIn({ statements }: Ran, same: readonly Same[]): ReadonlySet<string> {
  return new Set(
    statements.flatMap(({ updated }) =>
      Object.keys(updated).flatMap((table) => [
        table,
        ...same.filter((one) => one.table === table).map((one) => one.before),
      ]),
    ),
  )
}

/** Rows that are gone or other ones, and no statement was seen to do it: emptied inside of another statement, or converted. */
export function unexplained(
  moved: readonly ContentDifference[],
  risks: readonly CountedRisk[],
  up: SqlText,
  names: Names,
): readonly Problem[] {
  const told = new Set(risks.map(({ table }) => bare(table)))
  return problemsShown(
    up.name,
    moved
      .filter(({ table }) => !told.has(bare(table)))
      .map((one) => ({
        code: 'schema.rows_moved',
        path: up.name,
        text: JSON.stringify({ ...one, table: names.told(one.table) }),
      })),
  )
}

/** How many rows of production's tables each statement changed and deleted in the clone: for the card. */
export function movedFacts({ statements }: Ran, known: ReadonlySet<string>): JsonObject[] {
  return statements.flatMap(({ line, updated, deleted }) =>
    [...new Set([...Object.keys(updated), ...Object.keys(deleted)])]
      .filter((table) => known.has(table))
      .map((table) => ({ line, table, changed: updated[table] ?? 0, deleted: deleted[table] ?? 0 })),
  )
}

/** Beyond the schema: always red. */
export function touched(
  file: SqlText,
  before: readonly CatalogueEntry[],
  after: readonly CatalogueEntry[],
  names: Names,
): readonly Problem[] {
  const found = catalogueDifference(before, after)
  return found.length === 0 ? [] : [listProblem('schema.touches_roles', file.name, found, names)]
}

/** Measured, and no rule speaks of it: a table of production that was rewritten, or shut to readers inside of a statement that gave its lock back. */
export function unseen(
  findings: readonly Finding[],
  ran: Ran,
  samples: Samples,
  known: ReadonlySet<string>,
  up: SqlText,
): readonly Problem[] {
  const spoken = new Set(findings.map(({ statement }) => statement))
  const rewritten = ran.statements.flatMap(({ line, statement, rewritten }) =>
    spoken.has(statement)
      ? []
      : rewritten.filter((table) => known.has(table)).map((table) => ({ line, table })),
  )
  const kept = new Set(ran.statements.flatMap(({ locks }) => Object.keys(locks)))
  const given = samples.shut.filter((table) => known.has(table) && !kept.has(table))
  return [
    ...rewritten.map(({ line, table }) => ({
      code: 'schema.unseen_rewrite',
      path: up.name,
      line,
      text: JSON.stringify({ table }),
    })),
    ...given.map((table) => ({ code: 'schema.unseen_lock', path: up.name, text: JSON.stringify({ table }) })),
  ]
}

/** A rule speaks of a rewrite or of a scan, and none was measured: said beside it. Of an empty table no scan can be seen. */
export function unconfirmed(
  findings: readonly Finding[],
  { statements }: Ran,
  rows: readonly { readonly table: string; readonly rows: number }[],
): JsonObject[] {
  const filled = new Set(rows.flatMap((one) => (one.rows > 0 ? [bare(one.table)] : [])))
  const isSeen = ({ rule, table }: Finding, ran: StatementMeasure) =>
    REWRITES.has(rule)
      ? ran.rewritten.length > 0
      : !filled.has(bare(table)) || Object.keys(ran.scanned).some((one) => bare(one) === bare(table))
  return findings
    .filter(({ rule }) => REWRITES.has(rule) || SCANS.has(rule))
    .filter((one) => statements.every((ran) => ran.statement !== one.statement || !isSeen(one, ran)))
    .map(({ rule, line, table }) => ({ rule, line, table }))
}

const REWRITES: ReadonlySet<string> = new Set(['type_rewrites', 'column_rewrites'])
const SCANS: ReadonlySet<string> = new Set(['not_null_scans', 'constraint_scans'])

export const lockedFacts = ({ locked }: Ran, names: Names): JsonObject =>
  Object.fromEntries(Object.entries(names.keys(locked)).map(([table, ms]) => [table, { ...ms }]))

export function runFacts(ran: Ran, samples: Samples, names: Names): JsonObject {
  const tables = Object.values(ran.locked)
  const shutIn = new Set(ran.statements.flatMap(({ locks }) => Object.values(locks)))
  return {
    up: ran.milliseconds,
    locked: lockedFacts(ran, names),
    shut: {
      writes: Math.max(0, ...tables.map(({ writes }) => writes)),
      reads: Math.max(0, ...tables.map(({ reads }) => reads)),
    },
    shutsReaders: shutIn.has(SHUTS_READERS),
    sampled: { looks: samples.looks, longestGapMs: samples.longestGapMs },
    ...shownOf(
      'statements',
      ran.statements.map((one) => ({
        line: one.line,
        milliseconds: one.milliseconds,
        walBytes: one.walBytes,
        rewritten: one.rewritten.map((table) => names.told(table)),
        scanned: { ...names.keys(one.scanned) },
        locks: { ...names.keys(one.locks) },
      })),
    ),
  }
}

export function failure(code: string, path: string, { why = '', isLate }: Ran, names: Names): Problem {
  return { code: isLate ? 'schema.too_long' : code, path, text: names.message(why).slice(0, 500) }
}

export function listProblem(
  code: string,
  path: string,
  all: readonly CatalogueDifference[],
  names: Names,
): Problem {
  const text = names
    .entries(all)
    .slice(0, SHOWN)
    .map(({ at, how }) => `${how} ${at}`)
  return { code, path, text: JSON.stringify({ entries: text, more: all.length - text.length }) }
}

export const differsFact = ({ what, name, live, clone }: Differs): JsonObject => ({
  what,
  name,
  ...(live === undefined ? {} : { live }),
  ...(clone === undefined ? {} : { clone }),
})

/** What `up` did while somebody held the table. It has given up only where its wait for a lock was ended. */
export function heldAs({ why, isLate }: Pick<Ran, 'why' | 'isLate'>): {
  readonly outcome: 'went_on' | 'gave_up' | 'waited' | 'failed'
} {
  if (why === undefined) return { outcome: 'went_on' }
  if (isLate) return { outcome: 'waited' }
  return { outcome: why.includes('(SQLSTATE 55P03)') ? 'gave_up' : 'failed' }
}
