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
export interface Alert extends AlertIn {
  readonly id: number
  readonly source: string
  readonly firstAt: Instant
  readonly lastAt: Instant
  /** How often it was sent while it was firing. */
  readonly count: number
  readonly incident?: string
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

/** What fires now, oldest first. */
export async function openAlerts(db: Executor, limit = 100): Promise<readonly Alert[]> {
  const { rows } = await sql<{
    id: number | string
    source: string
    fingerprint: string
    status: AlertIn['status']
    severity: AlertIn['severity']
    service: string | null
    title: string
    labels: Readonly<Record<string, string>>
    annotations: Readonly<Record<string, string>>
    first_at: Date
    last_at: Date
    count: number | string
    incident: string | null
  }>`select * from alert where status = 'firing' order by first_at, id limit ${limit}`.execute(db)
  return rows.map((row) => ({
    id: Number(row.id),
    source: row.source,
    fingerprint: row.fingerprint,
    status: row.status,
    severity: row.severity,
    ...(row.service === null ? {} : { service: row.service }),
    title: row.title,
    labels: row.labels,
    annotations: row.annotations,
    firstAt: instant(row.first_at.getTime()),
    lastAt: instant(row.last_at.getTime()),
    count: Number(row.count),
    ...(row.incident === null ? {} : { incident: row.incident }),
  }))
}

/** Of a source all firing alerts that belong to no incident yet; returns how many. */
export async function linkAlerts(tx: Executor, source: string, incident: string): Promise<number> {
  const { numAffectedRows } = await sql`update alert set incident = ${incident}
    where source = ${source} and status = 'firing' and incident is null`.execute(tx)
  return Number(numAffectedRows ?? 0n)
}

export async function forgetAlerts(tx: Executor, before: Instant): Promise<void> {
  await sql`delete from alert where status = 'resolved' and last_at < ${before}`.execute(tx)
}
