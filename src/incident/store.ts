// The rows of incidents and all of their SQL. The callers in app/ write the ledger entry in the same transaction (INVARIANT I6).
import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { SekishoError } from '../base/error.ts'
import { type IncidentId, incidentId, type ServiceName } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { Incident, Source } from './incident.ts'

type Executor = QueryExecutorProvider

/** Part of a later migration. One open incident a service: who opens another one joins it. */
export const INCIDENT_SCHEMA = `
create table incident_number (
  year int primary key,
  last int not null
);
create table incident (
  id text primary key check (id ~ '^INC-[0-9]{4}-[0-9]{4,}$'),
  version bigint not null check (version >= 1),
  state text not null,
  service text not null,
  document jsonb not null,
  opened_at timestamptz not null,
  updated_at timestamptz not null,
  check (document ->> 'id' = id and document ->> 'state' = state)
);
create unique index incident_open on incident (service) where state not in ('closed', 'false_alarm');
create index incident_by_time on incident (opened_at desc);
`

export function incidentGrants(role: string): string {
  const name = `"${role.replaceAll('"', '""')}"`
  return `grant select, insert, update on incident, incident_number to ${name};\n`
}

export interface StoredIncident {
  readonly incident: Incident
  /** Rises with every write. */
  readonly version: number
}

interface Row {
  readonly document: Incident
  readonly version: number | string
}
const stored = ({ document, version }: Row): StoredIncident => ({
  incident: document,
  version: Number(version),
})

export async function nextIncidentId(tx: Executor, year: number): Promise<IncidentId> {
  const answer = await sql<{ last: number }>`
    insert into incident_number (year, last) values (${year}, 1)
    on conflict (year) do update set last = incident_number.last + 1 returning last`.execute(tx)
  const last = answer.rows[0]?.last
  if (last === undefined) throw new SekishoError('store.damaged', { why: 'incident_number gave no number' })
  return incidentId(year, last)
}

export async function insertIncident(tx: Executor, incident: Incident, at: Instant): Promise<StoredIncident> {
  await sql`insert into incident (id, version, state, service, document, opened_at, updated_at)
    values (${incident.id}, 1, ${incident.state}, ${incident.service}, ${JSON.stringify(incident)}::jsonb,
      ${incident.openedAt}, ${at})`.execute(tx)
  return { incident, version: 1 }
}

/** Throws `store.busy` when somebody wrote the row since `version` was read. */
export async function saveIncident(
  tx: Executor,
  incident: Incident,
  version: number,
  at: Instant,
): Promise<StoredIncident> {
  const answer = await sql`update incident set version = version + 1, state = ${incident.state},
      document = ${JSON.stringify(incident)}::jsonb, updated_at = ${at}
    where id = ${incident.id} and version = ${version}`.execute(tx)
  if (answer.numAffectedRows !== 1n)
    throw new SekishoError('store.busy', { why: `${incident.id} was changed meanwhile` })
  return { incident, version: version + 1 }
}

/** Throws `incident.unknown`. */
export async function loadIncident(db: Executor, id: IncidentId): Promise<StoredIncident> {
  const found = await findIncident(db, id)
  if (found === undefined) throw new SekishoError('incident.unknown', { incident: id })
  return found
}

export async function findIncident(db: Executor, id: IncidentId): Promise<StoredIncident | undefined> {
  const answer = await sql<Row>`select document, version from incident where id = ${id}`.execute(db)
  const [row] = answer.rows
  return row === undefined ? undefined : stored(row)
}

export async function openIncidentOf(
  db: Executor,
  service: ServiceName,
): Promise<StoredIncident | undefined> {
  const answer = await sql<Row>`select document, version from incident
    where service = ${service} and state not in ('closed', 'false_alarm')`.execute(db)
  const [row] = answer.rows
  return row === undefined ? undefined : stored(row)
}

/** The newest that this source has opened or joined. `openOf`: only the open one of this service. */
export async function incidentOfSource(
  db: Executor,
  { kind, ref }: Pick<Source, 'kind' | 'ref'>,
  openOf?: ServiceName,
): Promise<StoredIncident | undefined> {
  const answer = await sql<Row>`select document, version from incident
    where document -> 'sources' @> ${JSON.stringify([{ kind, ref }])}::jsonb
      and (${openOf ?? null}::text is null
        or (service = ${openOf ?? null}::text and state not in ('closed', 'false_alarm')))
    order by opened_at desc limit 1`.execute(db)
  const [row] = answer.rows
  return row === undefined ? undefined : stored(row)
}

/** Those that are open, the newest first, as one value of JSON: a part of a larger statement. */
export const OPEN_INCIDENTS: RawBuilder<readonly Incident[]> = sql`(
  select coalesce(json_agg(document order by opened_at desc, id desc), '[]') from incident
  where state not in ('closed', 'false_alarm'))`

/** The newest first. */
export async function listIncidents(db: Executor, all: boolean, limit = 200): Promise<StoredIncident[]> {
  const answer = await sql<Row>`select document, version from incident
    where ${all}::boolean or state not in ('closed', 'false_alarm')
    order by opened_at desc, id desc limit ${limit}`.execute(db)
  return answer.rows.map(stored)
}
