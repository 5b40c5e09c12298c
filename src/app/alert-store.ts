// Rows of the alerts that other programs send.
import { type QueryExecutorProvider, sql } from 'kysely'
import { type Instant, instant } from '../base/time.ts'

type Executor = QueryExecutorProvider

/** Part of a later migration. */
export const ALERT_SCHEMA = `
create table alert (
  id bigint generated always as identity primary key,
  source text not null,
  fingerprint text not null,
  status text not null check (status in ('firing', 'resolved')),
  severity text not null,
  service text,
  title text not null,
  labels jsonb not null,
  annotations jsonb not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  count bigint not null,
  incident text,
  unique (source, fingerprint)
);
create index alert_firing on alert (source, first_at) where status = 'firing';
`

export function alertGrants(role: string): string {
  return `grant select, insert, update, delete on alert to "${role.replaceAll('"', '""')}";`
}

export interface AlertIn {
  readonly fingerprint: string
  readonly status: 'firing' | 'resolved'
  readonly severity: 'warning' | 'red'
  readonly service?: string
  readonly title: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** All of one message by one statement; of one that is known the count rises. One that fires anew begins anew. */
export async function putAlerts(
  tx: Executor,
  source: string,
  alerts: readonly AlertIn[],
  at: Instant,
): Promise<void> {
  if (alerts.length === 0) return
  await sql`insert into alert (source, fingerprint, status, severity, service, title, labels, annotations,
      first_at, last_at, count)
    select ${source}, fingerprint, status, severity, service, title, labels, annotations, ${at}, ${at}, 1
    from jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb) as one (fingerprint text, status text, severity text,
      service text, title text, labels jsonb, annotations jsonb)
    on conflict (source, fingerprint) do update set
      status = excluded.status, severity = excluded.severity, service = excluded.service, title = excluded.title,
      labels = excluded.labels, annotations = excluded.annotations, last_at = excluded.last_at,
      first_at = case when alert.status = 'resolved' and excluded.status = 'firing' then excluded.first_at
        else alert.first_at end,
      incident = case when alert.status = 'resolved' and excluded.status = 'firing' then null else alert.incident end,
      count = case when alert.status = 'resolved' and excluded.status = 'firing' then 1
        else alert.count + (excluded.status = 'firing')::int end`.execute(tx)
}

export async function firingOf(
  db: Executor,
  source: string,
): Promise<{ readonly count: number; readonly isRed: boolean; readonly titles: readonly string[] }> {
  const { rows } = await sql<{ count: number; red: boolean | null; titles: readonly string[] | null }>`
    select (select count(*)::int from alert where source = ${source} and status = 'firing') as count,
      (select bool_or(severity = 'red') from alert where source = ${source} and status = 'firing') as red,
      (select jsonb_agg(title) from (select title from alert where source = ${source} and status = 'firing'
        order by first_at, id limit 10) as first) as titles`.execute(db)
  const [row] = rows
  return { count: row?.count ?? 0, isRed: row?.red ?? false, titles: row?.titles ?? [] }
}

/** An alert that was sent again after its incident was closed belongs to none any more. Of a false alarm nobody is called again. */
const UNLINKED = sql`(alert.incident is null or exists (select 1 from incident
  where incident.id = alert.incident and incident.state = 'closed' and (incident.document ->> 'closedAt')::timestamptz < alert.last_at))`

/** Red alerts of one source for one service that belong to no incident yet. */
export interface UnlinkedAlerts {
  readonly source: string
  readonly service: string
  readonly count: number
  /** Of the first. */
  readonly title: string
  readonly firstAt: Instant
}

export async function unlinkedAlerts(db: Executor, limit: number): Promise<readonly UnlinkedAlerts[]> {
  const { rows } = await sql<{
    source: string
    service: string
    count: number
    title: string
    first_at: Date
  }>`select source, service, count(*)::int as count, (array_agg(title order by first_at, id))[1] as title,
      min(first_at) as first_at
    from alert where status = 'firing' and severity = 'red' and ${UNLINKED} and service is not null
    group by source, service order by min(first_at), source, service limit ${limit}`.execute(db)
  return rows.map(({ first_at: firstAt, ...row }) => ({ ...row, firstAt: instant(firstAt.getTime()) }))
}

/** All firing alerts of a source for a service that belong to no incident yet. */
export async function linkAlerts(
  tx: Executor,
  { source, service }: Pick<UnlinkedAlerts, 'source' | 'service'>,
  incident: string,
): Promise<void> {
  await sql`update alert set incident = ${incident}
    where source = ${source} and service = ${service} and status = 'firing' and ${UNLINKED}`.execute(tx)
}

/** How many alerts an incident stands for, and how many of them fire now. */
export async function alertsOf(
  db: Executor,
  incident: string,
): Promise<{ readonly count: number; readonly firing: number }> {
  const { rows } = await sql<{ count: number; firing: number }>`select count(*)::int as count,
      count(*) filter (where status = 'firing')::int as firing
    from alert where incident = ${incident}`.execute(db)
  return rows[0] ?? { count: 0, firing: 0 }
}

export async function forgetAlerts(tx: Executor, before: Instant): Promise<void> {
  await sql`delete from alert where status = 'resolved' and last_at < ${before}`.execute(tx)
}
