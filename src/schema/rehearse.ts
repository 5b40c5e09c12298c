// The rehearsal of a migration: lint of the text, then up and down on a clone of the real data, measured and compared. Nothing of the service is touched.
// What it finds is the trial's evidence; the judge believes this runner's own journal and nothing else.
import { setTimeout as delay } from 'node:timers/promises'
import { SekishoError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import type { Migrate } from '../plans/actions/migrate.ts'
import { type CatalogueDifference, catalogueDifference, withoutRights } from '../plans/catalogue.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import { tell } from '../postgres/query.ts'
import type { Limits } from '../postgres/types.ts'
import type { Problem, TrialCheck } from '../seal/journal.ts'
import type { SnapshotPorts } from '../snapshot/ports.ts'
import { atRiskIn, type Finding, lint } from '../sql/lint.ts'
import { refusedIn } from '../sql/refused.ts'
import { type Part, partsOf, type Statement, statementsOf } from '../sql/statements.ts'
import { type CountedRisk, countRisks } from './at-risk.ts'
import { type Clone, type Differs, withClone } from './clone.ts'
import type { MarkerKey } from './marker.ts'
import { contentDifference, contentOf } from './rows.ts'
import { type Ran, runParts } from './run.ts'
import { clusterOf, roleOf } from './target.ts'

/** An hour for all of it; each run has the limit of the rules. */
const REHEARSAL_MS = 3_600_000
const SHOWN = 20

interface SqlText {
  readonly name: string
  readonly sql: string
  readonly statements: readonly Statement[]
  readonly parts: readonly Part[]
}

export interface RehearseContext {
  readonly parts: SnapshotPorts
  readonly sqlOf: (digest: Migrate['up']['digest']) => Promise<Buffer>
}

export async function rehearse(action: Migrate, c: RehearseContext): Promise<readonly TrialCheck[]> {
  const up = await textOf(action.up, c)
  const down = action.down === undefined ? undefined : await textOf(action.down, c)
  const validation = validated(up, down)
  if (validation.problems.some(({ code }) => code.startsWith('sql.refused')))
    return [validation, notTried('trial'), notTried('undo')]
  const limits: Limits = { timeoutMs: REHEARSAL_MS }
  const live = await clusterOf(action, limits)
  const searchPath = await roleOf(live, action, limits)
  const now = await catalogueOf(live, action.database, limits)
  if (catalogueDigest(now) !== action.catalogue)
    throw new SekishoError('schema.moved', { database: action.database })
  const started = c.parts.clock.uptime()
  const found = await withClone(live, action, c.parts, limits, (clone) =>
    onClone({ action, up, down, clone, searchPath, live: now, limits, c }),
  )
  const milliseconds = Math.round(c.parts.clock.uptime() - started)
  return [
    validation,
    {
      check: 'trial',
      verdict: verdictOf(found.trial.problems),
      facts: { ...found.trial.facts, milliseconds },
      problems: found.trial.problems,
    },
    {
      check: 'undo',
      verdict: verdictOf(found.undo.problems),
      facts: found.undo.facts,
      problems: found.undo.problems,
    },
  ]
}

const verdictOf = (problems: readonly Problem[]) => (problems.length === 0 ? 'green' : 'red')
const notTried = (check: 'trial' | 'undo'): TrialCheck => ({
  check,
  verdict: 'not_tried',
  facts: {},
  problems: [],
})

async function textOf({ name, digest }: Migrate['up'], { sqlOf }: RehearseContext): Promise<SqlText> {
  const sql = (await sqlOf(digest)).toString('utf8')
  const statements = statementsOf(sql)
  return { name, sql, statements, parts: partsOf(statements) }
}

/** Rules of the text. A finding stops until the statement is written otherwise, or accepts it in a comment of its own. */
function validated(up: SqlText, down: SqlText | undefined): TrialCheck {
  const refused = [up, ...(down === undefined ? [] : [down])].flatMap(({ name, sql, statements }) =>
    refusedIn(sql, statements).map(
      ({ kind, line, text }): Problem => ({ code: `sql.refused_${kind}`, path: name, line, text }),
    ),
  )
  const findings = lint(up.sql, up.statements)
  const open = findings.filter(({ accepted }) => accepted === undefined)
  const problems = [...refused, ...open.map((one) => problemOf(up.name, one))].slice(0, SHOWN)
  return {
    check: 'validation',
    verdict: verdictOf(problems),
    facts: {
      validator: 'sql',
      statements: up.statements.length,
      accepted: findings.flatMap(({ rule, line, table, accepted }) =>
        accepted === undefined ? [] : [{ rule, line, table, reason: accepted.slice(0, 200) }],
      ),
    },
    problems,
  }
}

function problemOf(path: string, { rule, line, table, column, rewrite }: Finding): Problem {
  const values = { table, ...(column === undefined ? {} : { column }), rewrite: rewrite.slice(0, 5) }
  return { code: `sql.${rule}`, path, line, text: JSON.stringify(values).slice(0, 2000) }
}

interface OnClone {
  readonly action: Migrate
  readonly up: SqlText
  readonly down: SqlText | undefined
  readonly clone: Clone
  readonly searchPath: string
  readonly live: Awaited<ReturnType<typeof catalogueOf>>
  readonly limits: Limits
  readonly c: RehearseContext
}
interface Found {
  readonly facts: JsonObject
  readonly problems: readonly Problem[]
}

async function onClone(of: OnClone): Promise<{ readonly trial: Found; readonly undo: Found }> {
  const { action, up, down, clone, live, limits } = of
  const { database, restorer, hasOwners } = clone
  const seen = hasOwners ? (one: typeof live) => one : withoutRights
  const catalogueNow = async () => seen(await catalogueOf(restorer, database, limits))
  const before = await catalogueNow()
  const differs = catalogueDifference(seen(live), before)
  const rows = await contentOf(restorer, database, limits)
  const risks = await countRisks(restorer, database, atRiskIn(up.statements), limits)
  const key = (direction: MarkerKey['direction'], run: number): MarkerKey => ({
    execution: `rehearsal ${run}`,
    action: action.database,
    direction,
  })
  const run = (file: SqlText, direction: MarkerKey['direction'], n: number) =>
    runIn(of, file, key(direction, n))
  const common = {
    differs: clone.differs.slice(0, SHOWN).map((one) => differsFact(one)),
    atRisk: risks.slice(0, SHOWN).map((one) => ({ ...one })),
    tables: rows.length,
    rows: rows.reduce((sum, one) => sum + one.rows, 0),
  }
  const cloned = differs.length === 0 ? [] : [listProblem('schema.clone_differs', action.database, differs)]
  const first = await run(up, 'up', 1)
  if (first.why !== undefined) {
    const left = catalogueDifference(before, await catalogueNow())
    const problems: Problem[] = [...cloned, failure('schema.up_failed', up.name, first)]
    if (left.length > 0) problems.push(listProblem('schema.left_over', up.name, left))
    return {
      trial: { facts: { ...common, ...runFacts(first) }, problems },
      undo: { facts: {}, problems: [{ code: 'schema.not_reached', path: up.name, text: '' }] },
    }
  }
  const after = await catalogueNow()
  const trial: Found = {
    facts: { ...common, ...runFacts(first), schema: { catalogue: catalogueDigest(after), hasOwners } },
    problems: [...cloned, ...unaccepted(risks, up)],
  }
  if (down === undefined) return { trial, undo: { facts: { wayBack: 'none' }, problems: [] } }
  const back = await run(down, 'down', 1)
  if (back.why !== undefined)
    return { trial, undo: { facts: {}, problems: [failure('schema.down_failed', down.name, back)] } }
  const problems: Problem[] = []
  const left = catalogueDifference(before, await catalogueNow())
  if (left.length > 0) problems.push(listProblem('schema.down_differs', down.name, left))
  for (const one of contentDifference(rows, await contentOf(restorer, database, limits)).slice(0, SHOWN))
    problems.push({ code: 'schema.rows_differ', path: down.name, text: JSON.stringify({ ...one }) })
  return {
    trial,
    undo: { facts: { milliseconds: Math.max(1, back.milliseconds), locked: lockedFacts(back) }, problems },
  }
}

function runIn(
  { action, clone, searchPath, limits, c }: OnClone,
  file: SqlText,
  key: MarkerKey,
): Promise<Ran> {
  const { database, migrator, restorer } = clone
  return runParts(
    migrator,
    {
      database,
      key,
      parts: file.parts,
      lockMs: action.lockMs,
      withinMs: action.withinMs,
      searchPath,
      isMeasured: true,
      done: [],
    },
    limits,
    {
      tell: (statement) => tell(restorer, 'postgres', [statement], limits),
      pause: (ms) => delay(ms),
      uptime: () => c.parts.clock.uptime(),
    },
  )
}

/** What the author has not accepted in a comment blocks: rows that hold something and would be gone. */
function unaccepted(risks: readonly CountedRisk[], up: SqlText): readonly Problem[] {
  const accepted = lint(up.sql, up.statements).filter((one) => one.accepted !== undefined)
  return risks
    .filter(({ line }) => !accepted.some((one) => one.line === line))
    .map(({ line, ...one }) => ({ code: 'schema.at_risk', path: up.name, line, text: JSON.stringify(one) }))
}

const lockedFacts = ({ locked }: Ran): JsonObject =>
  Object.fromEntries(Object.entries(locked).map(([table, ms]) => [table, { ...ms }]))

function runFacts(ran: Ran): JsonObject {
  const tables = Object.values(ran.locked)
  return {
    up: ran.milliseconds,
    locked: lockedFacts(ran),
    shut: {
      writes: Math.max(0, ...tables.map(({ writes }) => writes)),
      reads: Math.max(0, ...tables.map(({ reads }) => reads)),
    },
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
