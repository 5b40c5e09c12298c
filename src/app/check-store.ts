// Rows of the checks: how each stands, its samples, its findings, and what is muted. What was decided or changed is in the ledger too.
import { type QueryExecutorProvider, sql } from 'kysely'
import type { ActorId } from '../base/id.ts'
import { type Instant, instant } from '../base/time.ts'
import type { FindingId } from '../checks/check-change.ts'
import type { Kept } from '../checks/engine.ts'
import type { CheckId, CheckState, CheckValues, Seen } from '../checks/result.ts'

type Executor = QueryExecutorProvider

/** Part of the migration `0006-checks`. */
export const CHECK_SCHEMA = `
create table check_state (
  check_id text primary key,
  state text not null,
  since timestamptz not null,
  looked_at timestamptz not null,
  code text not null,
  details jsonb not null,
  value float8,
  recent jsonb not null,
  turns jsonb not null,
  flapping boolean not null,
  finding text
);
create table finding (
  id text primary key,
  check_id text not null,
  opened_at timestamptz not null,
  state text not null,
  worst text not null,
  code text not null,
  details jsonb not null,
  caused_by text,
  acknowledged_at timestamptz,
  acknowledged_by text,
  reason text,
  resolved_at timestamptz
);
create index finding_by_check on finding (check_id, opened_at desc);
create index finding_open on finding (check_id) where resolved_at is null;
create table check_mute (
  pattern text primary key,
  until timestamptz not null,
  by text not null,
  reason text not null,
  at timestamptz not null
);
create table check_series (
  id int generated always as identity primary key,
  check_id text not null unique
);
create table check_sample (
  series int not null,
  at timestamptz not null,
  state smallint not null,
  value float8,
  primary key (series, at)
);
`

/** Part of the migration `0009-check-newest`: what is held is shown with the time of its own look. */
export const CHECK_NEWEST_COLUMNS = `
alter table check_state add column said_at timestamptz;
alter table check_state add column newest jsonb;
`

export function checkGrants(role: string): string {
  const name = `"${role.replaceAll('"', '""')}"`
  return `grant select, insert, update, delete on check_state, finding, check_mute, check_series, check_sample to ${name};`
}

export interface CheckRow extends Kept {
  readonly check: CheckId
  readonly finding?: FindingId
}

interface StateRow {
  check_id: CheckId
  state: CheckState
  since: Date
  looked_at: Date
  code: string
  details: CheckValues
  value: number | null
  recent: Seen[]
  turns: Instant[]
  flapping: boolean
  said_at: Date | null
  newest: NonNullable<Kept['newest']> | null
  finding: FindingId | null
}

export async function listCheckRows(db: Executor): Promise<readonly CheckRow[]> {
  const { rows } = await sql<StateRow>`select * from check_state order by check_id`.execute(db)
  return rows.map((row) => ({
    check: row.check_id,
    state: row.state,
    since: instant(row.since.getTime()),
    lookedAt: instant(row.looked_at.getTime()),
    code: row.code,
    values: row.details,
    ...(row.value === null ? {} : { value: row.value }),
    recent: row.recent,
    turns: row.turns,
    ...(row.flapping ? { flapping: true as const } : {}),
    ...(row.said_at === null ? {} : { saidAt: instant(row.said_at.getTime()) }),
    ...(row.newest === null ? {} : { newest: row.newest }),
    ...(row.finding === null ? {} : { finding: row.finding }),
  }))
}

export async function saveCheckRow(tx: Executor, row: CheckRow): Promise<void> {
  await sql`insert into check_state (check_id, state, since, looked_at, code, details, value, recent, turns, flapping, finding, said_at, newest)
    values (${row.check}, ${row.state}, ${row.since}, ${row.lookedAt}, ${row.code}, ${JSON.stringify(row.values)}::jsonb,
      ${row.value ?? null}, ${JSON.stringify(row.recent)}::jsonb, ${JSON.stringify(row.turns)}::jsonb, ${row.flapping === true},
      ${row.finding ?? null}, ${row.saidAt ?? null}, ${row.newest === undefined ? null : JSON.stringify(row.newest)}::jsonb)
    on conflict (check_id) do update set state = excluded.state, since = excluded.since, looked_at = excluded.looked_at,
      code = excluded.code, details = excluded.details, value = excluded.value, recent = excluded.recent, turns = excluded.turns,
      flapping = excluded.flapping, finding = excluded.finding, said_at = excluded.said_at, newest = excluded.newest`.execute(
    tx,
  )
}

export async function removeCheckRow(tx: Executor, check: CheckId): Promise<void> {
  await sql`delete from check_state where check_id = ${check}`.execute(tx)
}

export interface Finding {
  readonly id: FindingId
  readonly check: CheckId
  readonly openedAt: Instant
  readonly state: CheckState
  readonly worst: CheckState
  readonly code: string
  readonly values: CheckValues
  readonly causedBy?: CheckId
  readonly acknowledged?: { readonly at: Instant; readonly by: ActorId; readonly reason: string }
  readonly resolvedAt?: Instant
}

interface FindingRow {
  id: FindingId
  check_id: CheckId
  opened_at: Date
  state: CheckState
  worst: CheckState
  code: string
  details: CheckValues
  caused_by: CheckId | null
  acknowledged_at: Date | null
  acknowledged_by: ActorId | null
  reason: string | null
  resolved_at: Date | null
}

function findingOf(row: FindingRow): Finding {
  return {
    id: row.id,
    check: row.check_id,
    openedAt: instant(row.opened_at.getTime()),
    state: row.state,
    worst: row.worst,
    code: row.code,
    values: row.details,
    ...(row.caused_by === null ? {} : { causedBy: row.caused_by }),
    ...(row.acknowledged_at === null || row.acknowledged_by === null
      ? {}
      : {
          acknowledged: {
            at: instant(row.acknowledged_at.getTime()),
            by: row.acknowledged_by,
            reason: row.reason ?? '',
          },
        }),
    ...(row.resolved_at === null ? {} : { resolvedAt: instant(row.resolved_at.getTime()) }),
  }
}

export async function openFindings(db: Executor): Promise<readonly Finding[]> {
  const { rows } =
    await sql<FindingRow>`select * from finding where resolved_at is null order by opened_at`.execute(db)
  return rows.map(findingOf)
}

/** The newest first. */
export async function findingsOf(db: Executor, check: CheckId, limit: number): Promise<readonly Finding[]> {
  const { rows } =
    await sql<FindingRow>`select * from finding where check_id = ${check} order by opened_at desc limit ${limit}`.execute(
      db,
    )
  return rows.map(findingOf)
}

export async function countFindings(db: Executor, check: CheckId): Promise<number> {
  const { rows } = await sql<{
    count: string
  }>`select count(*)::text as count from finding where check_id = ${check}`.execute(db)
  return Number(rows[0]?.count ?? 0)
}

/** 0 where the year has none yet. */
export async function lastFindingNumber(tx: Executor, year: number): Promise<number> {
  const { rows } = await sql<{
    newest: string | null
  }>`select id as newest from finding where id like ${`FND-${year}-%`}
    order by length(id) desc, id desc limit 1`.execute(tx)
  return Number(rows[0]?.newest?.split('-')[2] ?? 0)
}

export async function saveFinding(tx: Executor, one: Finding): Promise<void> {
  await sql`insert into finding (id, check_id, opened_at, state, worst, code, details, caused_by, acknowledged_at, acknowledged_by,
      reason, resolved_at)
    values (${one.id}, ${one.check}, ${one.openedAt}, ${one.state}, ${one.worst}, ${one.code}, ${JSON.stringify(one.values)}::jsonb,
      ${one.causedBy ?? null}, ${one.acknowledged?.at ?? null}, ${one.acknowledged?.by ?? null}, ${one.acknowledged?.reason ?? null},
      ${one.resolvedAt ?? null})
    on conflict (id) do update set state = excluded.state, worst = excluded.worst, code = excluded.code, details = excluded.details,
      caused_by = excluded.caused_by, acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by,
      reason = excluded.reason, resolved_at = excluded.resolved_at`.execute(tx)
}

export interface Mute {
  /** A check, one without its part, `SERVICE/*`, or `*`. */
  readonly pattern: string
  readonly until: Instant
  readonly by: ActorId
  readonly reason: string
  readonly at: Instant
}

export async function listMutes(db: Executor): Promise<readonly Mute[]> {
  const { rows } = await sql<{ pattern: string; until: Date; by: ActorId; reason: string; at: Date }>`
    select * from check_mute order by pattern`.execute(db)
  return rows.map(({ pattern, until, by, reason, at }) => ({
    pattern,
    until: instant(until.getTime()),
    by,
    reason,
    at: instant(at.getTime()),
  }))
}

export async function saveMute(tx: Executor, { pattern, until, by, reason, at }: Mute): Promise<void> {
  await sql`insert into check_mute (pattern, until, by, reason, at) values (${pattern}, ${until}, ${by}, ${reason}, ${at})
    on conflict (pattern) do update set until = excluded.until, by = excluded.by, reason = excluded.reason, at = excluded.at`.execute(
    tx,
  )
}

export async function removeMute(tx: Executor, pattern: string): Promise<void> {
  await sql`delete from check_mute where pattern = ${pattern}`.execute(tx)
}

const STATES: readonly CheckState[] = ['good', 'warning', 'no_data', 'late', 'red']

/** At most one a minute of each series is kept, and every one where the state is another. */
export async function addSample(
  tx: Executor,
  { check, at, state, value }: { check: CheckId; at: Instant; state: CheckState; value?: number },
): Promise<void> {
  await sql`with series as (
      insert into check_series (check_id) values (${check}) on conflict (check_id) do update set check_id = excluded.check_id
      returning id
    ), last as (
      select at, state from check_sample where series = (select id from series) order by at desc limit 1
    )
    insert into check_sample (series, at, state, value)
    select id, ${at}::timestamptz, ${STATES.indexOf(state)}, ${value ?? null}::float8 from series
    where not exists (
      select 1 from last where last.at > ${at}::timestamptz - interval '55 seconds' and last.state = ${STATES.indexOf(state)}
    )
    on conflict do nothing`.execute(tx)
}

export interface Bucket {
  readonly at: Instant
  /** The worst that was seen. */
  readonly state: CheckState
  readonly value?: number
  /** Of how many samples. */
  readonly samples: number
}

export async function samplesOf(
  db: Executor,
  check: CheckId,
  from: Instant,
  until: Instant,
  stepMs: number,
): Promise<readonly Bucket[]> {
  const { rows } = await sql<{ bin: string; state: number; value: number | null; samples: string }>`
    select floor(extract(epoch from at) * 1000 / ${stepMs}::float8)::bigint::text as bin, max(state)::int as state,
      max(value) as value, count(*)::text as samples
    from check_sample join check_series on check_series.id = series
    where check_id = ${check} and at >= ${from} and at < ${until} group by 1 order by 1`.execute(db)
  return rows.map(({ bin, state, value, samples }) => ({
    at: instant(Number(bin) * stepMs),
    state: STATES[state] ?? 'no_data',
    ...(value === null ? {} : { value }),
    samples: Number(samples),
  }))
}

/** Samples between two moments become one a step: the worst state, the highest value. May run twice. */
export async function thinSamples(
  tx: Executor,
  from: Instant,
  until: Instant,
  step: '5 minutes' | '1 hour',
): Promise<void> {
  await sql`with old as (
      delete from check_sample where at >= ${from} and at < ${until} returning series, at, state, value
    )
    insert into check_sample (series, at, state, value)
    select series, date_bin(${step}::interval, at, timestamptz 'epoch'), max(state), max(value) from old group by 1, 2
    on conflict do nothing`.execute(tx)
}

export async function forgetSamples(tx: Executor, before: Instant): Promise<void> {
  await sql`delete from check_sample where at < ${before}`.execute(tx)
}
