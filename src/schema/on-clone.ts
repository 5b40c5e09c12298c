// What is done on the clone: up, measured and watched; down, compared; both once more with rows that are written in between; and up against somebody who
// holds what it locks. Each step leaves facts, and problems where it is not as it should be.
import type { JsonObject } from '../base/json.ts'
import type { Migrate } from '../plans/actions/migrate.ts'
import { type CatalogueEntry, catalogueDifference, tableOfEntry, withoutRights } from '../plans/catalogue.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import type { Limits } from '../postgres/types.ts'
import type { Problem } from '../seal/journal.ts'
import { lint } from '../sql/lint.ts'
import type { Part, Statement } from '../sql/statements.ts'
import { appliedBefore } from './applied-before.ts'
import { riskedIn } from './at-risk.ts'
import { unacceptedTakes } from './back-takes.ts'
import { whileHeld } from './blocker.ts'
import { LOSSES_MAX, lossesOf } from './bound.ts'
import type { Clone } from './clone.ts'
import { keyOf, run } from './clone-run.ts'
import {
  changedIn,
  deletedIn,
  differsFact,
  failure,
  heldAs,
  isIn,
  listProblem,
  movedFacts,
  problemsShown,
  runFacts,
  SHOWN,
  shownOf,
  touched,
  unaccepted,
  unconfirmed,
  unexplained,
  unseen,
  updatedIn,
} from './facts.ts'
import { countLost, freedIn, onlyNew, sameIn, shapesOf } from './loss.ts'
import type { MarkerKey } from './marker.ts'
import { Names } from './names.ts'
import { nullsBack } from './nulls-back.ts'
import { freshKeyed, reachOf } from './reach.ts'
import { type ColumnSums, columnSumsOf, contentDifference, contentOf, movedIn } from './rows.ts'
import type { Ran } from './run.ts'
import { sampled } from './sampler.ts'
import { type Before, takenBack } from './taken-back.ts'
import { belongsIn, tooMany, unboundedIn, uncounted } from './uncounted.ts'
import { type NotMeasured, writeRows } from './write-rows.ts'

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

/** Of a declared tool: how it is run there. What it prints is no name of ours. */
export interface Play {
  readonly run: (
    direction: MarkerKey['direction'],
    within: { readonly lockMs: number; readonly withinMs: number },
  ) => Promise<Ran>
  /** Texts whose words may be told. */
  readonly texts: readonly string[]
  /** Tables in which the tool keeps how far it is: rows that a user writes are none of them. */
  readonly own: ReadonlySet<string>
}

export interface OnClone {
  readonly action: Pick<Migrate, 'database' | 'role' | 'lockMs' | 'withinMs'>
  /** Absent: the SQL of the files is run. */
  readonly play?: Play
  /** It takes back a change of before: what it loses is counted for whoever approves, and blocks nothing. */
  readonly isBack?: boolean
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
  const names = new Names([up.sql, down?.sql ?? '', ...(of.play?.texts ?? [])], live)
  const seen = (one: readonly CatalogueEntry[]) => (hasOwners ? one : withoutRights(one))
  const catalogueNow = async () => seen(await catalogueOf(restorer, database, limits))
  const before = await catalogueNow()
  const keyed = freshKeyed()
  const reachNow = () => reachOf(restorer, action, keyed, limits)
  const reach = await reachNow()
  const differs = catalogueDifference(seen(live), before)
  const rows = await contentOf(restorer, database, limits)
  const shapes = await shapesOf(restorer, database, limits)
  const isBack = of.isBack === true
  const isSummed = down === undefined || of.play !== undefined || isBack
  const sums = isSummed ? await columnSumsOf(restorer, database, shapes, limits) : []
  const movedNow = async (then: readonly ColumnSums[], was: Shapes) => {
    const is = await shapesOf(restorer, database, limits)
    return movedIn(then, await columnSumsOf(restorer, database, is, limits), sameIn(was, is))
  }
  const findings = lint(up.sql, up.statements, isIn(live))
  const risked = await riskedIn(of, findings, isBack ? LOSSES_MAX : undefined)
  const { counted } = risked
  const belongs = isBack ? await belongsIn(restorer, database, limits) : []
  const risks = counted.filter((one) => one.rows > 0).map(({ type: _type, written: _written, ...one }) => one)
  const common = {
    ...shownOf('differs', clone.differs.map(differsFact)),
    tables: rows.length,
    rows: rows.reduce((sum, one) => sum + one.rows, 0),
  }
  const beyond = isBack ? tooMany(up, risked.risks.length) : []
  if (beyond.length > 0)
    return { trial: { facts: common, problems: beyond }, undo: { facts: {}, problems: [notReached(up)] } }
  const cloned = differs.length === 0 ? [] : [listProblem('schema.clone_differs', database, differs, names)]
  const key = keyOf(of, 'up', 1)
  const { result: ran, samples } = await sampled(
    restorer,
    database,
    clone.migrator.role,
    of.hands,
    limits,
    () => run(of, up, key, action, isBack ? { counted } : undefined),
  )
  const known = new Set(rows.map(({ table }) => table))
  // Between the statements of a tool nobody looks: what was seen from beside is all there is.
  const first = of.play === undefined ? ran : { ...ran, locked: onlyOf(samples.locked, known) }
  if (first.why !== undefined) {
    const left = catalogueDifference(before, await catalogueNow())
    const there =
      down === undefined || of.play !== undefined
        ? undefined
        : await appliedBefore(first, up.name, (direction) =>
            run(of, direction === 'up' ? up : down, keyOf(of, direction, 3)),
          )
    const problems = [
      ...cloned,
      there === undefined
        ? failure('schema.up_failed', up.name, first, names)
        : { ...there, text: names.message(there.text) },
    ]
    if (left.length > 0) problems.push(listProblem('schema.left_over', up.name, left, names))
    return {
      trial: { facts: { ...common, ...runFacts(first, samples, names) }, problems },
      undo: { facts: {}, problems: [notReached(up)] },
    }
  }
  const after = await catalogueNow()
  const reachAfter = await reachNow()
  const shapesAfter = await shapesOf(restorer, database, limits)
  // With a way back all rows are compared after it. Without one nothing brings back what is gone or another one now.
  const other = isSummed ? await movedNow(sums, shapes) : []
  const gone = down === undefined ? other : []
  const atRisk = [
    ...risks,
    ...deletedIn(first, known),
    ...changedIn(first, new Set(gone.map(({ table }) => table))),
  ].toSorted((a, b) => a.line - b.line)
  // Production counts also rows of a table that it makes or renames.
  const toldOf = { has: (table: string) => known.has(table) || names.told(table) === table }
  const losses = isBack ? lossesOf(up.name, counted, deletedIn(first, toldOf), changedIn(first, toldOf)) : []
  const moved = contentDifference(rows, await contentOf(restorer, database, limits)).map(({ table }) => table)
  const trial: Found = {
    facts: {
      ...common,
      ...runFacts(first, samples, names),
      ...shownOf(
        'atRisk',
        atRisk.map(({ statement: _statement, ...one }) => one),
      ),
      ...shownOf('moved', movedFacts(first, known)),
      ...(of.play === undefined
        ? {}
        : shownOf(
            'movedTables',
            other.filter(({ table }) => of.play?.own.has(table) !== true).map((one) => ({ ...one })),
          )),
      ...(isBack
        ? {
            losses: losses.slice(0, LOSSES_MAX).map((one) => ({ ...one })),
            unbounded: unboundedIn(up.parts),
          }
        : {}),
      unconfirmed: unconfirmed(findings, first, rows),
      schema: { catalogue: catalogueDigest(after), hasOwners },
    },
    problems: [
      ...cloned,
      ...touched(up, reach, reachAfter, names),
      ...(isBack
        ? [
            ...tooMany(up, losses.length),
            ...uncounted(up, { before: shapes, after: shapesAfter }, risked, belongs, {
              ran: first,
              findings,
              names,
            }),
          ]
        : unaccepted(atRisk, up)),
      ...unexplained(gone, atRisk, up, names),
      ...(of.play === undefined ? unseen(findings, first, samples, known, up) : []),
    ],
  }
  if (down === undefined)
    return { trial, undo: { facts: { wayBack: 'restore', restoreMs: clone.loadMs }, problems: [] } }
  const was: Before = { before, rows, catalogueNow, names }
  const updated = updatedIn(first, sameIn(shapes, shapesAfter))
  const lossy = { losses: losses.filter(({ kind }) => kind !== 'updated'), shapes, sums, updated }
  const back = await takenBack(clone, down, was, lossy, limits, () => run(of, down, keyOf(of, 'down', 1)))
  const takes = unacceptedTakes(down, isIn(live))
  const touchedBack = touched(down, reachAfter, await reachNow(), names)
  if (back.problems.length + touchedBack.length > 0)
    return { trial, undo: { ...back, problems: [...back.problems, ...touchedBack] } }
  const touchedTables = new Set([
    ...moved,
    ...catalogueDifference(before, after).flatMap(({ at }) => tableOfEntry(at) ?? []),
  ])
  const lost = await lossOf(of, up, down, { shapes, touched: touchedTables, names })
  // What a tool locks may be too short to be seen: what it touched is held.
  const busy = new Set([
    ...Object.keys(first.locked),
    ...(of.play === undefined ? [] : [...touchedTables].filter((table) => of.play?.own.has(table) !== true)),
  ])
  const held = await heldBy(of, up, down, { before, catalogueNow, names, busy, rows })
  // No statement of a tool can accept what is found.
  const isAsked = of.play === undefined && lost.problems.length === 0 && freedIn(shapes, shapesAfter).size > 0
  const nulls = isAsked
    ? await nullsBack(clone, { up, down, shapes, names }, limits, (direction, n) =>
        run(of, direction === 'up' ? up : down, keyOf(of, direction, n)),
      )
    : undefined
  return {
    trial: {
      facts: { ...trial.facts, held: held.facts['tables'] ?? [] },
      problems: [...trial.problems, ...held.problems],
    },
    undo: {
      facts: { ...back.facts, ...lost.facts, ...nulls?.facts },
      problems: [...takes, ...lost.problems, ...(nulls?.problems ?? [])],
    },
  }
}

const notReached = ({ name }: SqlText): Problem => ({ code: 'schema.not_reached', path: name, text: '' })

const onlyOf = (locked: Ran['locked'], known: ReadonlySet<string>): Ran['locked'] =>
  Object.fromEntries(Object.entries(locked).filter(([table]) => known.has(table)))

type Shapes = Awaited<ReturnType<typeof shapesOf>>

/** Up, rows that are written, down: what is missing then. */
async function lossOf(
  of: OnClone,
  up: SqlText,
  down: SqlText,
  {
    shapes,
    touched,
    names,
  }: { readonly shapes: Shapes; readonly touched: ReadonlySet<string>; readonly names: Names },
): Promise<Found> {
  const { clone, limits } = of
  const { database, restorer } = clone
  const again = await run(of, up, keyOf(of, 'up', 2))
  if (again.why !== undefined)
    return { facts: {}, problems: [failure('schema.up_again_failed', up.name, again, names)] }
  const now = await shapesOf(restorer, database, limits)
  const same = sameIn(shapes, now)
  // A table that stands under the name of another one is touched, however alike they are.
  const isOther = ({ table, oid }: Shapes[number]) =>
    shapes.some((one) => one.table === table && one.oid !== oid)
  const { written, notMeasured } = await writeRows(
    restorer,
    database,
    now.filter(
      (shape) => (touched.has(shape.table) || isOther(shape)) && of.play?.own.has(shape.table) !== true,
    ),
    same,
    limits,
  )
  const back = await run(of, down, keyOf(of, 'down', 2))
  const facts = {
    written: written.map((one) => ({ ...one, table: names.told(one.table) })),
    ...shownOf(
      'notMeasured',
      [
        ...notMeasured,
        ...[...(of.play?.own ?? [])].map((table): NotMeasured => ({ table, why: 'not_written' })),
      ].map((one) => ({
        ...one,
        table: names.told(one.table),
        ...(one.column === undefined ? {} : { column: names.told(one.column) }),
      })),
      SHOWN,
    ),
    ...shownOf(
      'onlyNew',
      onlyNew(shapes, now).map((one) => names.told(one)),
      SHOWN,
    ),
  }
  if (back.why !== undefined)
    return { facts, problems: [failure('schema.down_written_failed', down.name, back, names)] }
  const lost = await countLost(restorer, database, same, await shapesOf(restorer, database, limits), limits)
  return {
    facts: { ...facts, lost: lost.map((one) => ({ ...one, table: names.told(one.table) })) },
    problems: lost.map((one) => {
      const { added = 0, changed = 0 } = written.find(({ table }) => table === one.table) ?? {}
      return {
        code: 'schema.loses',
        path: down.name,
        text: JSON.stringify({ ...one, table: names.told(one.table), added, changed }),
      }
    }),
  }
}

/** The busiest tables that are locked, each held by a writer while `up` runs. */
async function heldBy(
  of: OnClone,
  up: SqlText,
  down: SqlText,
  { before, catalogueNow, names, busy, rows }: Before & { readonly busy: ReadonlySet<string> },
): Promise<Found> {
  const { action, clone, limits } = of
  const tables = rows
    .filter(({ table }) => busy.has(table))
    .toSorted((a, b) => b.rows - a.rows)
    .slice(0, HELD_TABLES)
  const problems: Problem[] = []
  const facts: JsonObject[] = []
  const contentNow = () => contentOf(clone.restorer, clone.database, limits)
  let content = tables.length === 0 ? [] : await contentNow()
  for (const [i, { table }] of tables.entries()) {
    const within = { lockMs: Math.min(action.lockMs, HELD_LOCK_MS), withinMs: HELD_WITHIN_MS }
    const ran = await whileHeld(clone.restorer, clone.database, table, limits, () =>
      run(of, up, keyOf(of, 'up', 10 + i), within),
    )
    facts.push({
      table,
      milliseconds: ran.milliseconds,
      triedMs: within.lockMs,
      lockMs: action.lockMs,
      ...heldAs(ran),
    })
    if (ran.isLate) problems.push({ code: 'schema.waits_on', path: up.name, text: JSON.stringify({ table }) })
    if (ran.why === undefined) {
      const back = await run(of, down, keyOf(of, 'down', 10 + i))
      if (back.why !== undefined) problems.push(failure('schema.down_failed', down.name, back, names))
      content = await contentNow()
      continue
    }
    const left = catalogueDifference(before, await catalogueNow())
    if (left.length > 0) problems.push(listProblem('schema.left_over', up.name, left, names))
    const now = await contentNow()
    const leftRows = contentDifference(content, now).map((one) => ({
      code: 'schema.left_rows',
      path: up.name,
      text: JSON.stringify({ ...one, table: names.told(one.table) }),
    }))
    problems.push(...problemsShown(up.name, leftRows))
    content = now
  }
  return { facts: { tables: facts }, problems }
}
