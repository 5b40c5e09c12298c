// What is done on the clone: up, measured and watched; down, compared; both once more with rows that are written in between; and up against somebody who
// holds what it locks. Each step leaves facts, and problems where it is not as it should be.
import type { JsonObject } from '../base/json.ts'
import type { Migrate } from '../plans/actions/migrate.ts'
import {
  type CatalogueDifference,
  type CatalogueEntry,
  catalogueDifference,
  tableOfEntry,
  withoutRights,
} from '../plans/catalogue.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import { tell } from '../postgres/query.ts'
import type { Limits } from '../postgres/types.ts'
import type { Problem } from '../seal/journal.ts'
import { acceptances, atRiskIn, type Finding, lint, ROWS_AT_RISK } from '../sql/lint.ts'
import type { Part, Statement } from '../sql/statements.ts'
import { appliedBefore } from './applied-before.ts'
import { type CountedRisk, countRisks } from './at-risk.ts'
import { whileHeld } from './blocker.ts'
import type { Clone, Differs } from './clone.ts'
import { countLost, onlyNew, sameIn, shapesOf, writeRows } from './loss.ts'
import type { MarkerKey } from './marker.ts'
import { freshKeyed, reachOf } from './reach.ts'
import { contentDifference, contentOf, type TableContent } from './rows.ts'
import { type Ran, runParts, sessionName } from './run.ts'
import { type Samples, sampled } from './sampler.ts'
import { SHUTS_READERS } from './session.ts'

const SHOWN = 20
/** How long `up` waits for a lock while somebody holds it: the limit of the rules, and no longer than this. */
const HELD_LOCK_MS = 1000
/** Beyond it a migration that waits has lifted its own limit. */
const HELD_WITHIN_MS = 15_000
const HELD_TABLES = 3

export interface SqlText {
  readonly name: string
  readonly sql: string
  readonly statements: readonly Statement[]
  readonly parts: readonly Part[]
}

export interface OnClone {
  readonly action: Migrate
  readonly up: SqlText
  readonly down: SqlText | undefined
  readonly clone: Clone
  readonly searchPath: string
  /** The catalogue of production. */
  readonly live: readonly CatalogueEntry[]
  readonly limits: Limits
  readonly hands: { readonly uptime: () => number; readonly pause: (ms: number) => Promise<void> }
}

export interface Found {
  readonly facts: JsonObject
  readonly problems: readonly Problem[]
}

export async function onClone(of: OnClone): Promise<{ readonly trial: Found; readonly undo: Found }> {
  const { action, up, down, clone, live, limits } = of
  const { database, restorer, hasOwners } = clone
  const seen = (one: readonly CatalogueEntry[]) => (hasOwners ? one : withoutRights(one))
  const catalogueNow = async () => seen(await catalogueOf(restorer, database, limits))
  const before = await catalogueNow()
  const keyed = freshKeyed()
  const reachNow = () => reachOf(restorer, action, keyed, limits)
  const reach = await reachNow()
  const differs = catalogueDifference(seen(live), before)
  const rows = await contentOf(restorer, database, limits)
  const shapes = await shapesOf(restorer, database, limits)
  const risks = await countRisks(restorer, database, atRiskIn(up.statements), limits)
  const common = {
    differs: clone.differs.slice(0, SHOWN).map(differsFact),
    tables: rows.length,
    rows: rows.reduce((sum, one) => sum + one.rows, 0),
  }
  const cloned = differs.length === 0 ? [] : [listProblem('schema.clone_differs', database, differs)]
  const key = keyOf(action, 'up', 1)
  const { result: first, samples } = await sampled(
    restorer,
    database,
    sessionName(key),
    of.hands,
    limits,
    () => run(of, up, key),
  )
  if (first.why !== undefined) {
    const left = catalogueDifference(before, await catalogueNow())
    const there =
      down === undefined
        ? undefined
        : await appliedBefore(first, up.name, (direction) =>
            run(of, direction === 'up' ? up : down, keyOf(action, direction, 3)),
          )
    const problems = [...cloned, there ?? failure('schema.up_failed', up.name, first)]
    if (left.length > 0) problems.push(listProblem('schema.left_over', up.name, left))
    return {
      trial: { facts: { ...common, ...runFacts(first, samples) }, problems },
      undo: { facts: {}, problems: [{ code: 'schema.not_reached', path: up.name, text: '' }] },
    }
  }
  const after = await catalogueNow()
  const reachAfter = await reachNow()
  const findings = lint(up.sql, up.statements)
  const known = new Set(rows.map(({ table }) => table))
  const atRisk = [...risks, ...deletedIn(first, known)].toSorted((a, b) => a.line - b.line)
  const moved = contentDifference(rows, await contentOf(restorer, database, limits)).map(({ table }) => table)
  const trial: Found = {
    facts: {
      ...common,
      ...runFacts(first, samples),
      atRisk: atRisk.slice(0, SHOWN).map((one) => ({ ...one })),
      unconfirmed: unconfirmed(findings, first),
      schema: { catalogue: catalogueDigest(after), hasOwners },
    },
    problems: [
      ...cloned,
      ...touched(up, reach, reachAfter),
      ...unaccepted(atRisk, findings, up),
      ...unseen(findings, first, samples, known, up),
    ],
  }
  if (down === undefined)
    return { trial, undo: { facts: { wayBack: 'restore', restoreMs: clone.loadMs }, problems: [] } }
  const back = await takenBack(of, down, { before, rows, catalogueNow }, 1)
  const touchedBack = touched(down, reachAfter, await reachNow())
  if (back.problems.length + touchedBack.length > 0)
    return { trial, undo: { ...back, problems: [...back.problems, ...touchedBack] } }
  const touchedTables = new Set([
    ...moved,
    ...catalogueDifference(before, after).flatMap(({ at }) => tableOfEntry(at) ?? []),
  ])
  const lost = await lossOf(of, up, down, { shapes, touched: touchedTables })
  const held = await heldBy(of, up, down, { before, catalogueNow, locked: first.locked, rows })
  return {
    trial: {
      facts: { ...trial.facts, held: held.facts['tables'] ?? [] },
      problems: [...trial.problems, ...held.problems],
    },
    undo: { facts: { ...back.facts, ...lost.facts }, problems: lost.problems },
  }
}

const keyOf = ({ database }: Migrate, direction: MarkerKey['direction'], number: number): MarkerKey => ({
  execution: `rehearsal ${number}`,
  action: database,
  direction,
})

function run(
  { action, clone, searchPath, limits, hands }: OnClone,
  file: SqlText,
  key: MarkerKey,
  within: { readonly lockMs: number; readonly withinMs: number } = action,
): Promise<Ran> {
  const { database, migrator, restorer } = clone
  const { lockMs, withinMs } = within
  return runParts(
    migrator,
    { database, key, parts: file.parts, lockMs, withinMs, searchPath, isMeasured: true, done: [] },
    limits,
    { ...hands, tell: (statement) => tell(restorer, 'postgres', [statement], limits) },
  )
}

interface Before {
  readonly before: readonly CatalogueEntry[]
  readonly rows: readonly TableContent[]
  readonly catalogueNow: () => Promise<readonly CatalogueEntry[]>
}

async function takenBack(
  of: OnClone,
  down: SqlText,
  { before, rows, catalogueNow }: Before,
  n: number,
): Promise<Found> {
  const { action, clone, limits } = of
  const back = await run(of, down, keyOf(action, 'down', n))
  if (back.why !== undefined) return { facts: {}, problems: [failure('schema.down_failed', down.name, back)] }
  const problems: Problem[] = []
  const left = catalogueDifference(before, await catalogueNow())
  if (left.length > 0) problems.push(listProblem('schema.down_differs', down.name, left))
  const content = await contentOf(clone.restorer, clone.database, limits)
  for (const one of contentDifference(rows, content).slice(0, SHOWN))
    problems.push({ code: 'schema.rows_differ', path: down.name, text: JSON.stringify({ ...one }) })
  return { facts: { milliseconds: Math.max(1, back.milliseconds), locked: lockedFacts(back) }, problems }
}

type Shapes = Awaited<ReturnType<typeof shapesOf>>

/** Up, rows that are written, down: what is missing then. */
async function lossOf(
  of: OnClone,
  up: SqlText,
  down: SqlText,
  { shapes, touched }: { readonly shapes: Shapes; readonly touched: ReadonlySet<string> },
): Promise<Found> {
  const { action, clone, limits } = of
  const { database, restorer } = clone
  const again = await run(of, up, keyOf(action, 'up', 2))
  if (again.why !== undefined)
    return { facts: {}, problems: [failure('schema.up_again_failed', up.name, again)] }
  const now = await shapesOf(restorer, database, limits)
  const { written, notMeasured } = await writeRows(
    restorer,
    database,
    now.filter(({ table }) => touched.has(table)),
    limits,
  )
  const back = await run(of, down, keyOf(action, 'down', 2))
  const facts = {
    written: written.map((one) => ({ ...one })),
    notMeasured: notMeasured.map((one) => ({ ...one })),
    onlyNew: onlyNew(shapes, now).slice(0, SHOWN),
  }
  if (back.why !== undefined)
    return { facts, problems: [failure('schema.down_written_failed', down.name, back)] }
  const lost = await countLost(
    restorer,
    database,
    sameIn(shapes, now),
    await shapesOf(restorer, database, limits),
    limits,
  )
  return {
    facts: { ...facts, lost: lost.map((one) => ({ ...one })) },
    problems: lost.map((one) => {
      const { added = 0, changed = 0 } = written.find(({ table }) => table === one.table) ?? {}
      return { code: 'schema.loses', path: down.name, text: JSON.stringify({ ...one, added, changed }) }
    }),
  }
}

/** The busiest tables that are locked, each held by a writer while `up` runs. */
async function heldBy(
  of: OnClone,
  up: SqlText,
  down: SqlText,
  {
    before,
    catalogueNow,
    locked,
    rows,
  }: Pick<Before, 'before' | 'catalogueNow' | 'rows'> & Pick<Ran, 'locked'>,
): Promise<Found> {
  const { action, clone, limits } = of
  const tables = rows
    .filter(({ table }) => locked[table] !== undefined)
    .toSorted((a, b) => b.rows - a.rows)
    .slice(0, HELD_TABLES)
  const problems: Problem[] = []
  const facts: JsonObject[] = []
  for (const [i, { table }] of tables.entries()) {
    const within = { lockMs: Math.min(action.lockMs, HELD_LOCK_MS), withinMs: HELD_WITHIN_MS }
    const ran = await whileHeld(clone.restorer, clone.database, table, limits, () =>
      run(of, up, keyOf(action, 'up', 10 + i), within),
    )
    facts.push({ table, milliseconds: ran.milliseconds, gaveUp: ran.why !== undefined })
    if (ran.isLate) problems.push({ code: 'schema.waits_on', path: up.name, text: JSON.stringify({ table }) })
    if (ran.why === undefined) {
      const back = await run(of, down, keyOf(action, 'down', 10 + i))
      if (back.why !== undefined) problems.push(failure('schema.down_failed', down.name, back))
      continue
    }
    const left = catalogueDifference(before, await catalogueNow())
    if (left.length > 0) problems.push(listProblem('schema.left_over', up.name, left))
  }
  return { facts: { tables: facts }, problems }
}

/** What the author has not accepted in a comment blocks: rows that hold something and would be gone. */
function unaccepted(
  risks: readonly CountedRisk[],
  findings: readonly Finding[],
  up: SqlText,
): readonly Problem[] {
  const accepted = new Set(findings.flatMap((one) => (one.accepted === undefined ? [] : [one.line])))
  const asRisk = acceptances(up.sql, up.statements)
  return risks
    .filter(({ line }) => !accepted.has(line) && asRisk.get(line)?.has(ROWS_AT_RISK) !== true)
    .map(({ line, ...one }) => ({ code: 'schema.at_risk', path: up.name, line, text: JSON.stringify(one) }))
}

/** Rows of production's tables that a statement deleted in the clone, also where it stands inside of another one. */
function deletedIn({ statements }: Ran, known: ReadonlySet<string>): readonly CountedRisk[] {
  return statements.flatMap(({ line, deleted }) =>
    Object.entries(deleted).flatMap(([table, rows]): CountedRisk[] =>
      known.has(table) ? [{ kind: 'rows', line, table, rows }] : [],
    ),
  )
}

/** Beyond the schema: always red. */
function touched(
  file: SqlText,
  before: readonly CatalogueEntry[],
  after: readonly CatalogueEntry[],
): readonly Problem[] {
  const found = catalogueDifference(before, after)
  return found.length === 0 ? [] : [listProblem('schema.touches_roles', file.name, found)]
}

/** Measured, and no rule speaks of it: a table of production that was rewritten, or shut to readers inside of a statement that gave its lock back. */
function unseen(
  findings: readonly Finding[],
  ran: Ran,
  samples: Samples,
  known: ReadonlySet<string>,
  up: SqlText,
): readonly Problem[] {
  const spoken = new Set(findings.map(({ line }) => line))
  const rewritten = ran.statements.flatMap(({ line, rewritten }) =>
    spoken.has(line) ? [] : rewritten.filter((table) => known.has(table)).map((table) => ({ line, table })),
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

/** A rule speaks of a rewrite, and none was measured: said beside it. */
function unconfirmed(findings: readonly Finding[], { statements }: Ran): JsonObject[] {
  return findings
    .filter(({ rule }) => rule === 'type_rewrites' || rule === 'column_rewrites')
    .filter(({ line }) => statements.every((one) => one.line !== line || one.rewritten.length === 0))
    .map(({ rule, line, table }) => ({ rule, line, table }))
}

const lockedFacts = ({ locked }: Ran): JsonObject =>
  Object.fromEntries(Object.entries(locked).map(([table, ms]) => [table, { ...ms }]))

function runFacts(ran: Ran, samples: Samples): JsonObject {
  const tables = Object.values(ran.locked)
  const shutIn = new Set(ran.statements.flatMap(({ locks }) => Object.values(locks)))
  return {
    up: ran.milliseconds,
    locked: lockedFacts(ran),
    shut: {
      writes: Math.max(0, ...tables.map(({ writes }) => writes)),
      reads: Math.max(0, ...tables.map(({ reads }) => reads)),
    },
    shutsReaders: shutIn.has(SHUTS_READERS),
    sampled: { looks: samples.looks, longestGapMs: samples.longestGapMs },
    statements: ran.statements.slice(0, 200).map((one) => ({
      line: one.line,
      milliseconds: one.milliseconds,
      walBytes: one.walBytes,
      rewritten: [...one.rewritten],
      scanned: { ...one.scanned },
      locks: { ...one.locks },
    })),
  }
}

function failure(code: string, path: string, { why = '', isLate }: Ran): Problem {
  return { code: isLate ? 'schema.too_long' : code, path, text: why.slice(0, 500) }
}

function listProblem(code: string, path: string, all: readonly CatalogueDifference[]): Problem {
  const text = all.slice(0, SHOWN).map(({ at, how }) => `${how} ${at}`)
  return { code, path, text: JSON.stringify({ entries: text, more: Math.max(0, all.length - SHOWN) }) }
}

const differsFact = ({ what, name, live, clone }: Differs): JsonObject => ({
  what,
  name,
  ...(live === undefined ? {} : { live }),
  ...(clone === undefined ? {} : { clone }),
})
