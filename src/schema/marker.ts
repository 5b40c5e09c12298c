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
}

export interface Marker {
  readonly part: number
  /** `begun`: of a statement that runs in no transaction, which may have had its effect. */
  readonly state: 'begun' | 'done'
}

/** As SQL: made by the cluster's own account, because the declared role may have no right to make a schema. May run twice. */
export function markerStatements(role: string): readonly string[] {
  return [
    `CREATE SCHEMA IF NOT EXISTS ${MARKER_SCHEMA}`,
    `CREATE TABLE IF NOT EXISTS ${MARKER_TABLE} (execution text NOT NULL, action text NOT NULL, direction text NOT NULL, part int NOT NULL,
       state text NOT NULL, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (execution, action, direction, part))`,
    `GRANT USAGE ON SCHEMA ${MARKER_SCHEMA} TO ${identifier(role)}`,
    `GRANT SELECT, INSERT, UPDATE ON ${MARKER_TABLE} TO ${identifier(role)}`,
  ]
}

export async function makeMarker(
  cluster: Cluster,
  database: string,
  role: string,
  limits: Limits,
): Promise<void> {
  await tell(cluster, database, [...markerStatements(role), ...reachTable(role)], limits)
}

export function insertMarker(
  { execution, action, direction }: MarkerKey,
  part: number,
  state: Marker['state'],
): string {
  const values = [execution, action, direction].map(literal).join(', ')
  return `INSERT INTO ${MARKER_TABLE} (execution, action, direction, part, state) VALUES (${values}, ${part}, ${literal(state)}) ON CONFLICT (execution, action, direction, part) ${
    state === 'begun' ? 'DO NOTHING' : "DO UPDATE SET state = 'done' WHERE migration.state = 'begun'"
  }`
}

/** In a transaction: a second one of the same key waits for the first, and fails when that has committed. */
export function claimMarker({ execution, action, direction }: MarkerKey, part: number): string {
  const values = [execution, action, direction].map(literal).join(', ')
  return `INSERT INTO ${MARKER_TABLE} (execution, action, direction, part, state) VALUES (${values}, ${part}, 'done')`
}

const markers = list(object({ part: integer(0, 10_000), state: oneOf('begun', 'done') }), 10_000)
const found = object({ is: oneOf(true, false), schema: text({ max: 63 }) })

/** Empty where there is no marker table yet. Rows are asked by a role without power where `reader` is one. */
export async function readMarkers(
  reader: Cluster,
  database: string,
  { execution, action, direction }: MarkerKey,
  limits: Limits,
): Promise<readonly Marker[]> {
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
      `SELECT coalesce(json_agg(json_build_object('part', part, 'state', state) ORDER BY part), '[]') FROM ${MARKER_TABLE}
        WHERE execution = ${literal(execution)} AND action = ${literal(action)} AND direction = ${literal(direction)}`,
      limits,
    ),
  )
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  return read.value
}
