// The marker row of a migration: it commits with the statements that it stands for, so what happened is known after any kill and any crash of the server.
// INVARIANT Q1: a part of a migration is committed once, because its marker is the first row of the same transaction and its key is unique.
import { decode, integer, list, object, literal as oneOf, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { ask, identifier, literal, tell } from '../postgres/query.ts'
import type { Cluster, Limits } from '../postgres/types.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'
import { reachTable } from './reach.ts'

export const MARKER_TABLE = `${MARKER_SCHEMA}.migration`

/** Whose marker: one execution's action, in one direction. */
export interface MarkerKey {
  readonly execution: string
  readonly action: string
  readonly direction: 'up' | 'down'
  /** HMAC by a key that no SQL of the migration can read. */
  readonly keyed: (bytes: Uint8Array) => string
}

export interface Marker {
  readonly part: number
  /** `begun`: of a statement that runs in no transaction, which may have had its effect. */
  readonly state: 'begun' | 'done'
  /** Of a statement that runs in no transaction: the number of what stood under its name before it, where something did. */
  readonly before?: string
}

/**
 * As SQL: made by the cluster's own account, because the declared role may have no right to make a schema. May run twice. The role adds rows and alters
 * none; a row counts by its seal.
 */
export function markerStatements(role: string): readonly string[] {
  const name = identifier(role)
  return [
    `CREATE SCHEMA IF NOT EXISTS ${MARKER_SCHEMA}`,
    `CREATE TABLE IF NOT EXISTS ${MARKER_TABLE} (execution text NOT NULL, action text NOT NULL, direction text NOT NULL, part int NOT NULL,
       state text NOT NULL, seal text NOT NULL, before text, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (execution, action, direction, part, seal))`,
    `GRANT USAGE ON SCHEMA ${MARKER_SCHEMA} TO ${name}`,
    `REVOKE ALL ON ${MARKER_TABLE} FROM ${name}`,
    `GRANT SELECT, INSERT ON ${MARKER_TABLE} TO ${name}`,
  ]
}

/** The first change of a schema makes it, and it stays. */
export async function makesMarker(cluster: Cluster, database: string, limits: Limits): Promise<boolean> {
  const isThere = `SELECT to_json(to_regclass(${literal(MARKER_TABLE)}) IS NOT NULL)`
  return (await ask(cluster, database, isThere, limits)) !== true
}

/** Throws schema.marker_foreign where somebody else owns what has our name: whoever does decides what stands in it. */
export async function makeMarker(
  cluster: Cluster,
  database: string,
  role: string,
  limits: Limits,
): Promise<void> {
  const owners = `SELECT to_json(NOT EXISTS (SELECT FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid
    JOIN pg_roles r ON r.oid IN (n.nspowner, c.relowner) WHERE n.nspname = ${literal(MARKER_SCHEMA)} AND NOT r.rolsuper))`
  if ((await ask(cluster, database, owners, limits)) !== true)
    throw new SekishoError('schema.marker_foreign', { database })
  await tell(cluster, database, [...markerStatements(role), ...reachTable(role)], limits)
}

/** What SQL of the migration can write without: it knows neither the key nor the seal of another part, direction or state. */
function sealOf({ execution, action, direction, keyed }: MarkerKey, part: number, state: string): string {
  return keyed(Buffer.from(['sekisho-marker', execution, action, direction, String(part), state].join('\0')))
}

/** `before`: as SQL, of what stands under the statement's name. */
export function insertMarker(key: MarkerKey, part: number, state: Marker['state'], before = 'NULL'): string {
  const { execution, action, direction } = key
  const values = [execution, action, direction].map(literal).join(', ')
  return `INSERT INTO ${MARKER_TABLE} (execution, action, direction, part, state, seal, before) VALUES (${values}, ${part}, ${literal(state)}, ${literal(sealOf(key, part, state))}, ${before}) ON CONFLICT DO NOTHING`
}

/** In a transaction: a second one of the same key waits for the first, and fails when that has committed. */
export function claimMarker(key: MarkerKey, part: number): string {
  const { execution, action, direction } = key
  const values = [execution, action, direction].map(literal).join(', ')
  return `INSERT INTO ${MARKER_TABLE} (execution, action, direction, part, state, seal) VALUES (${values}, ${part}, 'done', ${literal(sealOf(key, part, 'done'))})`
}

const markers = list(
  object({
    part: integer(0, 10_000),
    state: text({ max: 20 }),
    seal: text({ max: 200 }),
    before: text({ max: 20 }),
  }),
  10_000,
)
const found = object({ is: oneOf(true, false), schema: text({ max: 63 }) })

/** Empty where there is no marker table yet. Rows are asked by a role without power where `reader` is one. */
export async function readMarkers(
  reader: Cluster,
  database: string,
  key: MarkerKey,
  limits: Limits,
): Promise<readonly Marker[]> {
  const { execution, action, direction } = key
  const there = decode(
    found,
    await ask(
      reader,
      database,
      `SELECT json_build_object('is', to_regclass(${literal(MARKER_TABLE)}) IS NOT NULL, 'schema', ${literal(MARKER_SCHEMA)})`,
      limits,
    ),
  )
  if (!there.ok || !there.value.is) return []
  const read = decode(
    markers,
    await ask(
      reader,
      database,
      `SELECT coalesce(json_agg(json_build_object('part', part, 'state', left(state, 20), 'seal', left(seal, 200), 'before', left(coalesce(before, ''), 20)) ORDER BY part), '[]') FROM ${MARKER_TABLE}
        WHERE execution = ${literal(execution)} AND action = ${literal(action)} AND direction = ${literal(direction)} AND part BETWEEN 0 AND 10000`,
      limits,
    ),
  )
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  const ours = read.value.flatMap(({ part, state, seal, before }): Marker[] =>
    (state === 'begun' || state === 'done') && seal === sealOf(key, part, state)
      ? [{ part, state, ...(before === '' ? {} : { before }) }]
      : [],
  )
  return ours.filter(
    ({ part, state }) => state === 'done' || !ours.some((one) => one.part === part && one.state === 'done'),
  )
}
