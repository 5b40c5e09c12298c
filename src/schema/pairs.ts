// The migrations of a commit on one clone: each pair is rehearsed as a change of a schema is, on the schema that the pair before it has left. Then all of them
// go up and down as one, while releases of the service run against the clone.
import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import type { Clock } from '../base/time.ts'
import type { SqlFile } from '../plans/actions/migrate.ts'
import { type CatalogueEntry, catalogueDifference, withoutRights } from '../plans/catalogue.ts'
import type { StagedCheck, StagedPair } from '../plans/code-schema.ts'
import { hasMigrations, type Migrated, migrateAction } from '../plans/playbooks/schema.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import { tell } from '../postgres/query.ts'
import { socketOf } from '../postgres/server.ts'
import type { Limits } from '../postgres/types.ts'
import type { SnapshotPorts } from '../snapshot/ports.ts'
import { acceptedFor } from '../sql/lint.ts'
import { type Clone, withClone } from './clone.ts'
import { shapesOf } from './loss.ts'
import { Names } from './names.ts'
import { onClone, type SqlText } from './on-clone.ts'
import { cloneKeyed } from './reach.ts'
import { isRefused, markerFact, notTried, sqlText, validated, verdictOf } from './rehearse.ts'
import { type ColumnSums, columnSumsOf } from './rows.ts'
import { runParts } from './run.ts'
import { clusterOf, roleOf } from './target.ts'

export interface WantedPair {
  readonly up: SqlFile & { readonly sql: string }
  readonly down: SqlFile & { readonly sql: string }
}

export interface PairsFound {
  readonly pairs: readonly StagedPair[]
  readonly checks: readonly StagedCheck[]
  /** All of it ran on the clone and was taken back: the code can be played with it. */
  readonly isSound: boolean
  /** Why the author accepts that the deployed code does not run on the new schema. */
  readonly accepted?: string
  /** Of production, where a tool takes the place of pairs. */
  readonly catalogue?: Digest
}

/** The clone as the code meets it. */
export interface CodeClone {
  readonly socket: string
  readonly bytes: number
  readonly found: PairsFound
  /** All pairs up, or all down in the other order, or the same by a tool; why it failed. */
  readonly change: (back: boolean) => Promise<string | undefined>
  /** What its tables hold now. */
  readonly content: () => Promise<readonly ColumnSums[]>
}

export const ALL_MS = 3_600_000
/** A service holds a pool of them. */
const CONNECTIONS = 60
export const CLONE_USE = { logins: true, connections: CONNECTIONS } as const

export const asMet = (
  clone: Clone,
  name: string,
  limits: Limits,
): Pick<CodeClone, 'socket' | 'bytes' | 'content'> => ({
  socket: socketOf(clone.restorer),
  bytes: clone.bytes,
  content: async () =>
    columnSumsOf(clone.restorer, name, await shapesOf(clone.restorer, name, limits), limits),
})

/**
 * Without pairs: only the clone, for a release that needs a database; how its schema is changed need not be declared then. Throws backup.db_* and schema.*.
 */
export async function withCodeClone<T>(
  database: Database,
  wanted: readonly WantedPair[],
  parts: SnapshotPorts & { readonly clock: Clock },
  signal: AbortSignal,
  /** The commit takes back one that ran here. */
  isBack: boolean,
  work: (clone: CodeClone) => Promise<T>,
): Promise<T> {
  const { name, port } = database
  const limits: Limits = { timeoutMs: ALL_MS, signal }
  const live = await clusterOf({ port }, limits)
  if (!hasMigrations(database)) {
    if (wanted.length > 0) throw new Error(`nobody has declared how the schema of ${name} is changed`)
    const found = { pairs: [], checks: [], isSound: true }
    const change = async () => undefined
    const play = (clone: Clone) => work({ ...asMet(clone, name, limits), found, change })
    return withClone(live, { database: name }, parts, limits, play, CLONE_USE)
  }
  const target = { database: name, port, role: database.migrations.role }
  const searchPath = await roleOf(live, target, limits)
  const now = await catalogueOf(live, name, limits)
  const makes = wanted.length === 0 ? {} : await markerFact(live, name, limits)
  const texts = wanted.map(({ up, down }) => ({ up: sqlText(up), down: sqlText(down) }))
  const play = async (clone: Clone) => {
    const hands = { uptime: () => parts.clock.uptime(), pause: (ms: number) => delay(ms) }
    const of: Of = { database, wanted, texts, clone, searchPath, limits, hands, isBack, makes }
    const found = await rehearsePairs(of, now)
    return work({ ...asMet(clone, name, limits), found, change: changer(of) })
  }
  return withClone(live, target, parts, limits, play, CLONE_USE)
}

interface Of {
  readonly database: Migrated
  readonly wanted: readonly WantedPair[]
  readonly texts: readonly { readonly up: SqlText; readonly down: SqlText }[]
  readonly clone: Clone
  readonly searchPath: string
  readonly limits: Limits
  readonly hands: { readonly uptime: () => number; readonly pause: (ms: number) => Promise<void> }
  readonly isBack: boolean
  readonly makes: JsonObject
}

async function rehearsePairs(of: Of, live: readonly CatalogueEntry[]): Promise<PairsFound> {
  const { database, wanted, texts, clone, limits, hands } = of
  const pairs: StagedPair[] = []
  const found: StagedCheck[][] = []
  let before = live
  let stopped = false
  for (const [i, { up, down }] of wanted.entries()) {
    const text = texts[i]
    if (text === undefined) break
    const pair = { up: fileOf(up), down: fileOf(down), catalogue: catalogueDigest(before) }
    pairs.push(pair)
    const validation = validated(text.up, text.down, undefined, of.isBack)
    if (isRefused(validation) || stopped) {
      found.push([
        staged('validation', validation),
        staged('trial', notTried('trial')),
        staged('undo', notTried('undo')),
      ])
      stopped = true
      continue
    }
    const action = migrateAction(database, pair)
    const began = hands.uptime()
    const { trial, undo } = await onClone({ ...of, action, ...text, live: before })
    const milliseconds = Math.round(hands.uptime() - began)
    found.push([
      staged('validation', validation),
      staged('trial', { ...trial, facts: { ...trial.facts, milliseconds, ...of.makes } }),
      staged('undo', undo),
    ])
    stopped = trial.problems.length + undo.problems.length > 0
    if (stopped || i === wanted.length - 1) continue
    // The next one stands on it. What the clone could not have of owners would be wrong of production.
    if (!clone.hasOwners) throw new SekishoError('deploy.migrations_many', { count: wanted.length, limit: 1 })
    const why = await run(of, i, false, `stay ${i}`)
    if (why !== undefined)
      throw new SekishoError('schema.failed', { file: up.name, database: database.name, why })
    before = await catalogueOf(clone.restorer, database.name, limits)
  }
  if (!stopped) for (let i = wanted.length - 2; i >= 0; i--) await run(of, i, true, `stay ${i}`)
  const accepted = texts
    .map(({ up }) => acceptedFor(up.sql, up.statements, 'old_code'))
    .find((reason) => reason !== undefined)
  return {
    pairs,
    checks: mergedChecks(found),
    isSound: !stopped,
    ...(accepted === undefined ? {} : { accepted }),
  }
}

const fileOf = ({ name, digest, size }: SqlFile): SqlFile => ({ name, digest, size })

/** In a session of its own for each time: no marker of a run before stands in its way. */
async function run(of: Of, i: number, back: boolean, execution: string): Promise<string | undefined> {
  const { database, texts, clone, searchPath, limits, hands } = of
  const text = texts[i]
  if (text === undefined) return undefined
  const { lockMs, withinMs } = database.migrations
  const direction = back ? 'down' : 'up'
  const file = back ? text.down : text.up
  const ran = await runParts(
    clone.migrator,
    {
      database: clone.database,
      key: { execution, action: `${database.name} ${i}`, direction, keyed: cloneKeyed },
      parts: file.parts,
      lockMs,
      withinMs,
      searchPath,
      isMeasured: false,
      done: [],
    },
    limits,
    { ...hands, tell: (statement) => tell(clone.restorer, 'postgres', [statement], limits) },
  )
  const names = new Names([text.up.sql, text.down.sql], [])
  return ran.why === undefined ? undefined : `${file.name}: ${names.message(ran.why)}`
}

/** Up and down by turns; after down the catalogue must be what it was. */
function changer(of: Of): CodeClone['change'] {
  const { clone, limits, wanted } = of
  let times = 0
  let before: readonly CatalogueEntry[] | undefined
  const now = async () => {
    const found = await catalogueOf(clone.restorer, clone.database, limits)
    return clone.hasOwners ? found : withoutRights(found)
  }
  return async (back) => {
    if (!back) {
      times += 1
      before = await now()
    }
    const numbers = [...wanted.keys()]
    for (const i of back ? numbers.toReversed() : numbers) {
      // What the server says may hold what the code has written: the file alone is named.
      const why = await run(of, i, back, `code ${times}`)
      if (why !== undefined) return (back ? of.texts[i]?.down : of.texts[i]?.up)?.name ?? ''
    }
    if (!back || before === undefined) return undefined
    const [left] = catalogueDifference(before, await now())
    return left === undefined ? undefined : `${left.how} ${left.at}`
  }
}

export function staged(
  check: StagedCheck['check'],
  found: Omit<StagedCheck, 'check' | 'verdict'> & { readonly verdict?: StagedCheck['verdict'] },
): StagedCheck {
  const { facts, problems, verdict = verdictOf(problems) } = found
  return {
    check,
    verdict,
    facts,
    problems: problems.map((one) => ({ ...one, text: one.text.toWellFormed() })),
  }
}

/** Of several pairs one check each: what adds up is added, what is a list is joined, and the last schema is the one that is proven. */
function mergedChecks(all: readonly (readonly StagedCheck[])[]): readonly StagedCheck[] {
  if (all.length === 0) return []
  return (['validation', 'trial', 'undo'] as const).map((name): StagedCheck => {
    const checks = all.flatMap((one) => one.filter(({ check }) => check === name))
    const verdicts = checks.map(({ verdict }) => verdict)
    return {
      check: name,
      verdict: verdicts.includes('red') ? 'red' : verdicts.includes('not_tried') ? 'not_tried' : 'green',
      facts: checks.map(({ facts }) => facts).reduce(mergedFacts, {}),
      problems: checks.flatMap(({ problems }) => problems),
    }
  })
}

/** Of the tables of the clone the first answer stands: each pair sees the same ones. */
const FIRST: ReadonlySet<string> = new Set([
  'tables',
  'rows',
  'differs',
  'differsMore',
  'validator',
  'hasOwners',
])
const LAST: ReadonlySet<string> = new Set(['schema'])

export function mergedFacts(a: JsonObject, b: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...a }
  for (const [name, value] of Object.entries(b)) {
    const before = merged[name]
    if (before === undefined || LAST.has(name)) merged[name] = value
    else if (FIRST.has(name)) continue
    else if (typeof before === 'number' && typeof value === 'number')
      merged[name] = name === 'reads' || name === 'writes' ? Math.max(before, value) : before + value
    else if (typeof before === 'boolean' && typeof value === 'boolean') merged[name] = before || value
    else if (Array.isArray(before) && Array.isArray(value)) merged[name] = [...before, ...value]
    else if (isObject(before) && isObject(value)) merged[name] = mergedFacts(before, value)
  }
  return merged
}
