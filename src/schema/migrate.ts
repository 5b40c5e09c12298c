// A migration in production: run once, told apart after any kill by its marker, taken back by its twin. Whoever takes it back needs no plan, no gate and no
// runner: the armed record has all of it.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { JsonObject } from '../base/json.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import { identifier } from '../postgres/query.ts'
import { withReader } from '../postgres/reader.ts'
import type { Cluster } from '../postgres/types.ts'
import { type Part, partsOf, statementsOf } from '../sql/statements.ts'
import { acceptsRows } from './back-takes.ts'
import { type Bound, boundOf, type Loss } from './bound.ts'
import { type Marker, type MarkerKey, makeMarker, readMarkers } from './marker.ts'
import { Names } from './names.ts'
import { beyondSchema, endLeft, limitsOf, type MigrateHands, patiently, QUESTION_MS } from './patient.ts'
import { keepReach, reachOf } from './reach.ts'
import { type Ran, runParts } from './run.ts'
import { standsAlone } from './stands.ts'
import { asRole, type MigrationTarget, roleOf, tellAs } from './target.ts'

/** Everything that a migration needs to run or to be taken back. */
export interface Migration extends MigrationTarget {
  readonly execution: string
  readonly action: string
  readonly lockMs: number
  readonly withinMs: number
  /** As it was before, and is again when it was taken back. */
  readonly catalogue: Digest
  /** What `up` may lose at most; absent: it is not counted. */
  readonly losses?: readonly Loss[]
  readonly up: { readonly name: string; readonly sql: string }
  readonly down?: { readonly name: string; readonly sql: string }
}

export type MigrateResult =
  | { readonly ok: true; readonly detail: JsonObject }
  | { readonly ok: false; readonly error: SekishoError }

const keyOf = (
  { execution, action }: Migration,
  direction: MarkerKey['direction'],
  { keyed }: Pick<MigrateHands, 'keyed'>,
): MarkerKey => ({ execution, action, direction, keyed })

export const partsOfFile = (sql: string): readonly Part[] => partsOf(statementsOf(sql))

export function runUp(migration: Migration, hands: MigrateHands): Promise<MigrateResult> {
  return runDirection(migration, 'up', migration.up, hands)
}

/** What was never committed is not taken back. May run again after a kill. */
export async function takeBack(migration: Migration, hands: MigrateHands): Promise<MigrateResult> {
  const { down } = migration
  const up = await patiently(migration, hands, (live) => settled(live, migration, 'up', hands))
  if (up.length === 0) return { ok: true, detail: { nothing: 'not applied' } }
  if (down === undefined)
    return {
      ok: false,
      error: new SekishoError('schema.no_down', { up: migration.up.name, service: migration.database }),
    }
  return runDirection(migration, 'down', down, hands)
}

async function runDirection(
  migration: Migration,
  direction: MarkerKey['direction'],
  { name, sql }: { readonly name: string; readonly sql: string },
  hands: MigrateHands,
): Promise<MigrateResult> {
  const { database, lockMs, withinMs } = migration
  const limits = limitsOf(hands)
  const parts = partsOfFile(sql)
  // A way back that runs by itself asks nobody: what it deletes is either accepted in its file, or a person decides.
  const bound =
    direction === 'up'
      ? migration.losses && boundOf(migration.losses, name)
      : acceptsRows(sql)
        ? undefined
        : DELETES_NONE
  const key = keyOf(migration, direction, hands)
  const { live, searchPath, done } = await patiently(migration, hands, async (live) => {
    const searchPath = await roleOf(live, migration, limits)
    await makeMarker(live, database, migration.role, limits)
    const done = await settled(live, migration, direction, hands)
    if (direction === 'up')
      await keepReach(live, database, key, await reachOf(live, migration, hands.keyed, limits), limits)
    return { live, searchPath, done }
  })
  hands.killPoint('migrate.before')
  const run = asRole(live, migration, { ...limits, timeoutMs: withinMs + QUESTION_MS }, (as) =>
    runParts(
      as,
      {
        database,
        key,
        parts,
        lockMs,
        withinMs,
        searchPath,
        isMeasured: false,
        done,
        ...(bound === undefined ? {} : { bound }),
      },
      { timeoutMs: withinMs + QUESTION_MS, ...(hands.signal === undefined ? {} : { signal: hands.signal }) },
      {
        tell: tellAs(live, 'postgres', { timeoutMs: QUESTION_MS }),
        pause: (ms) => hands.clock.sleep(ms),
        uptime: () => hands.clock.uptime(),
      },
    ),
  )
  // The server may have gone away behind COMMIT: its markers decide, once it is back.
  let broken: SekishoError | undefined
  const ran = await run.catch((cause: unknown): Ran => {
    if (!(cause instanceof SekishoError)) throw cause
    broken = cause
    return { why: cause.code, isLate: false, statements: [], locked: {}, milliseconds: 0 }
  })
  hands.killPoint('migrate.after')
  // What the program said is not what decides: a connection may be lost behind COMMIT.
  const { signal: _signal, ...uncalled } = hands
  const seen = await patiently(migration, uncalled, async (there) => {
    const markers = await settled(there, migration, direction, uncalled)
    return isWhole(parts, markers) ? { beyond: await beyondSchema(there, migration, uncalled) } : undefined
  })
  if (seen !== undefined)
    return seen.beyond === undefined
      ? { ok: true, detail: factsOf(name, parts, ran) }
      : { ok: false, error: new SekishoError('schema.reached', { file: name, database, what: seen.beyond }) }
  if (broken !== undefined) return { ok: false, error: broken }
  if (ran.kept !== undefined)
    return {
      ok: false,
      error: new SekishoError(direction === 'up' ? 'schema.loses_more' : 'schema.back_deletes', {
        file: name,
        database,
        rows: Object.entries(ran.kept).map(([what, rows]) => `${what} ${rows}`),
      }),
    }
  const told = new Names(
    [sql, migration.up.sql],
    await catalogueOf(live, database, { timeoutMs: QUESTION_MS }),
  )
  const why = `${told.message(ran.why ?? 'it did not run')}${ranOutOfLock(ran) ? ` [lock_timeout ${lockMs} ms]` : ''}`
  return {
    ok: false,
    error: ran.isLate
      ? new SekishoError('schema.late', { file: name, database, limit: Math.round(withinMs / 1000) })
      : new SekishoError('schema.failed', { file: name, database, why }),
  }
}

const ranOutOfLock = ({ why = '' }: Pick<Ran, 'why'>) => why.includes('(SQLSTATE 55P03)')

/** What an automatic way back may lose where its file accepts nothing. */
const DELETES_NONE: Bound = { counted: [], deletes: {} }

const isWhole = (parts: readonly Part[], markers: readonly Marker[]) =>
  parts.every((_, part) => markers.some((one) => one.part === part && one.state === 'done'))

/** Milliseconds, and for how long each table was shut: what the rehearsal has told beside what was. */
function factsOf(file: string, parts: readonly Part[], { milliseconds, locked }: Ran): JsonObject {
  return {
    file,
    parts: parts.length,
    milliseconds,
    locked: Object.fromEntries(Object.entries(locked).map(([table, ms]) => [table, { ...ms }])),
  }
}

/**
 * The markers when no session of this migration is left: what a killed runner began may still have been running. A statement that runs in no transaction
 * and has only begun is looked at in the catalogue.
 */
async function settled(
  live: Cluster,
  migration: Migration,
  direction: MarkerKey['direction'],
  hands: MigrateHands,
): Promise<readonly Marker[]> {
  const { database } = migration
  const limits = { timeoutMs: QUESTION_MS }
  const key = keyOf(migration, direction, hands)
  await endLeft(live, database, hands)
  const markers = await withReader(live, [database], limits, (reader) =>
    readMarkers(reader, database, key, limits),
  )
  const open = markers.filter(({ state }) => state === 'begun')
  if (open.length === 0) return markers
  const file = direction === 'up' ? migration.up : migration.down
  const parts = partsOfFile(file?.sql ?? '')
  const found: Marker[] = markers.filter(({ state }) => state === 'done')
  // Whoever resolves a name for the session of the role does it as the role.
  const path = await roleOf(live, migration, limits)
  const searchPath = path.replace('"$user"', identifier(migration.role))
  for (const { part, before } of open) {
    const [statement] = parts[part]?.statements ?? []
    const is =
      statement === undefined
        ? 'unknown'
        : await standsAlone(
            live,
            database,
            statement,
            { searchPath, ...(before === undefined ? {} : { before }) },
            limits,
          )
    if (is === 'applied') found.push({ part, state: 'done' })
    else if (is === 'unknown') found.push({ part, state: 'begun' })
  }
  return found
}

/** `mixed`: some parts are committed and others are not. */
export async function probeUp(
  migration: Migration,
  hands: MigrateHands,
): Promise<{ readonly found: 'applied' | 'not_applied' | 'mixed' | 'unknown'; readonly detail: JsonObject }> {
  return patiently(migration, hands, (live) => lookUp(live, migration, hands))
}

async function lookUp(live: Cluster, migration: Migration, hands: MigrateHands): ReturnType<typeof probeUp> {
  const markers = await settled(live, migration, 'up', hands)
  const parts = partsOfFile(migration.up.sql)
  const detail = { database: migration.database, parts: parts.length, committed: markers.length }
  if (isWhole(parts, markers)) {
    const beyond = await beyondSchema(live, migration, hands)
    return beyond === undefined
      ? { found: 'applied', detail }
      : { found: 'mixed', detail: { ...detail, beyond: [...beyond] } }
  }
  if (markers.some(({ state }) => state === 'begun')) return { found: 'unknown', detail }
  return { found: markers.length === 0 ? 'not_applied' : 'mixed', detail }
}

/**
 * Was it taken back? Told of the action: `not_applied` is what an undo wants. The markers come first: a migration of rows leaves the catalogue as it was, and
 * nothing but its `down` brings the rows back.
 */
export async function probeBack(
  migration: Migration,
  hands: MigrateHands,
): Promise<{ readonly found: 'applied' | 'not_applied' | 'mixed'; readonly detail: JsonObject }> {
  return patiently(migration, hands, (live) => lookBack(live, migration, hands))
}

async function lookBack(
  live: Cluster,
  migration: Migration,
  hands: MigrateHands,
): ReturnType<typeof probeBack> {
  const limits = limitsOf(hands)
  const { database, catalogue } = migration
  const [up, down] = [
    await settled(live, migration, 'up', hands),
    await settled(live, migration, 'down', hands),
  ]
  const now = catalogueDigest(await catalogueOf(live, database, limits))
  const beyond = await beyondSchema(live, migration, hands)
  // Rows are not read here: of those that only this migration wrote, its markers tell.
  const detail = {
    database,
    catalogue: now === catalogue ? 'as before' : 'other',
    rows: 'not read',
    ...(beyond === undefined ? {} : { beyond: [...beyond] }),
  }
  if (up.length > 0 && !isWhole(partsOfFile(migration.down?.sql ?? ''), down)) {
    const isOpen = [...up, ...down].some(({ state }) => state === 'begun')
    return { found: isOpen ? 'mixed' : 'applied', detail }
  }
  return { found: now === catalogue && beyond === undefined ? 'not_applied' : 'mixed', detail }
}

/** How it is named in the marker: the same files of one execution are one action. */
export const actionName = (database: string, digest: Digest) => `${database} ${digest.slice(0, 16)}`
