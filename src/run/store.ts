// Locks and fences of targets, and the rows of executions. A target is held by one execution at a time; its fence only rises.
import { type QueryExecutorProvider, sql } from 'kysely'
import type { Digest } from '../base/hash.ts'
import { byteOrder, type ChangeId, type ExecutionId, type TargetId } from '../base/id.ts'
import { type Instant, instant } from '../base/time.ts'
import type { Order, OrderOutcome } from './order.ts'

type Executor = QueryExecutorProvider

/** Part of the first migration. */
export const RUN_SCHEMA = `
create table target_lock (
  target text primary key,
  fence bigint not null default 0 check (fence >= 0),
  execution text,
  since timestamptz
);
-- INVARIANT I4: fence tokens never fall, whoever writes.
create function fence_rises() returns trigger language plpgsql as $$
begin
  if new.fence < old.fence or new.target <> old.target then
    raise exception 'the fence of % never falls', old.target using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger fence_never_falls before update on target_lock for each row execute function fence_rises();
create table execution (
  id text primary key,
  change text not null,
  orders jsonb not null,
  state text not null check (state in ('open', 'closed')),
  outcome jsonb,
  started_at timestamptz not null,
  ended_at timestamptz
);
-- INVARIANT I4: one open execution a change, whatever the program believes.
create unique index execution_one_open on execution (change) where state = 'open';
`

export function runGrants(role: string): string {
  const name = `"${role.replaceAll('"', '""')}"`
  return `grant select, insert, update on target_lock, execution to ${name};`
}

export type Taken =
  | { readonly ok: true; readonly fences: readonly { readonly target: TargetId; readonly token: number }[] }
  | { readonly ok: false; readonly target: TargetId; readonly by: ExecutionId }

/**
 * Takes all targets or none, in byte order, and raises the fence of each. Call inside the transaction that starts the
 * execution; after `ok: false` nothing was written.
 */
export async function takeTargets(
  tx: Executor,
  targets: readonly TargetId[],
  execution: ExecutionId,
  at: Instant,
): Promise<Taken> {
  const sorted = [...new Set(targets)].sort(byteOrder)
  for (const target of sorted)
    await sql`insert into target_lock (target) values (${target}) on conflict do nothing`.execute(tx)
  const rows = await sql<{ target: TargetId; execution: ExecutionId | null }>`
    select target, execution from target_lock where target = any(${sorted}::text[])
    order by target collate "C" for update`.execute(tx)
  const held = rows.rows.find((row) => row.execution !== null && row.execution !== execution)
  if (held !== undefined && held.execution !== null)
    return { ok: false, target: held.target, by: held.execution }
  const fences: { target: TargetId; token: number }[] = []
  for (const target of sorted) {
    const raised = await sql<{ fence: number | string }>`
      update target_lock set fence = fence + 1, execution = ${execution}, since = ${at}
      where target = ${target} returning fence`.execute(tx)
    fences.push({ target, token: Number(raised.rows[0]?.fence) })
  }
  return { ok: true, fences }
}

export async function releaseTargets(tx: Executor, execution: ExecutionId): Promise<void> {
  await sql`update target_lock set execution = null, since = null where execution = ${execution}`.execute(tx)
}

/** Who holds any of these targets, other than `except`. */
export async function holdersOf(
  db: Executor,
  targets: readonly TargetId[],
): Promise<readonly { readonly target: TargetId; readonly execution: ExecutionId }[]> {
  const answer = await sql<{ target: TargetId; execution: ExecutionId }>`
    select target, execution from target_lock
    where target = any(${[...targets]}::text[]) and execution is not null order by target collate "C"`.execute(
    db,
  )
  return answer.rows
}

/** The runner refused ours, too low (a restored database) or too high (no count): its mark is the one that decides, so go on from there. */
export async function followFence(tx: Executor, target: TargetId, mark: number): Promise<void> {
  await sql`insert into target_lock (target, fence) values (${target}, ${mark})
    on conflict (target) do update set fence = excluded.fence`.execute(tx)
}

export interface ExecutionRow {
  readonly id: ExecutionId
  readonly change: ChangeId
  readonly order: Order
  readonly state: 'open' | 'closed'
  readonly outcome?: OrderOutcome
  readonly startedAt: Instant
  readonly endedAt?: Instant
}

interface Row {
  readonly id: ExecutionId
  readonly change: ChangeId
  readonly orders: Order
  readonly state: 'open' | 'closed'
  readonly outcome: OrderOutcome | null
  readonly started_at: Date
  readonly ended_at: Date | null
}

export async function insertExecution(tx: Executor, order: Order, at: Instant): Promise<void> {
  await sql`insert into execution (id, change, orders, state, started_at)
    values (${order.execution}, ${order.change}, ${JSON.stringify(order)}::jsonb, 'open', ${at})`.execute(tx)
}

/** False when it was closed before: closing twice is closing once. */
export async function closeExecution(
  tx: Executor,
  id: ExecutionId,
  outcome: OrderOutcome,
  at: Instant,
): Promise<boolean> {
  const answer = await sql`update execution set state = 'closed', outcome = ${JSON.stringify(outcome)}::jsonb,
    ended_at = ${at} where id = ${id} and state = 'open'`.execute(tx)
  return answer.numAffectedRows === 1n
}

export async function loadExecution(db: Executor, id: ExecutionId): Promise<ExecutionRow | undefined> {
  const answer = await sql<Row>`select * from execution where id = ${id}`.execute(db)
  const row = answer.rows[0]
  return row === undefined ? undefined : stored(row)
}

export async function openExecutions(db: Executor): Promise<readonly ExecutionRow[]> {
  const answer = await sql<Row>`select * from execution where state = 'open' order by started_at`.execute(db)
  return answer.rows.map(stored)
}

/** Those that were open at some time since then. */
export async function executionsSince(db: Executor, since: Instant): Promise<readonly ExecutionRow[]> {
  const answer =
    await sql<Row>`select * from execution where ended_at is null or ended_at >= ${since} order by started_at`.execute(
      db,
    )
  return answer.rows.map(stored)
}

/** Starts under a standing statement since a moment: what is counted per hour. What the judge refused started nothing. */
export async function startsSince(db: Executor, standing: Digest, since: Instant): Promise<number> {
  const answer = await sql<{ count: string }>`select count(*)::text as count from execution
    where orders ->> 'standing' = ${standing} and started_at >= ${since}
      and coalesce(outcome ->> 'outcome', '') <> 'refused'`.execute(db)
  return Number(answer.rows[0]?.count ?? 0)
}

function stored(row: Row): ExecutionRow {
  return {
    id: row.id,
    change: row.change,
    order: row.orders,
    state: row.state,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    startedAt: instant(row.started_at.getTime()),
    ...(row.ended_at === null ? {} : { endedAt: instant(row.ended_at.getTime()) }),
  }
}

/** An end that no runner reports (the judge's refusal, a person's word): kept until the execution is closed with it. */
export async function endExecution(tx: Executor, id: ExecutionId, end: OrderOutcome): Promise<void> {
  await sql`update execution set outcome = ${JSON.stringify(end)}::jsonb
    where id = ${id} and state = 'open' and outcome is null`.execute(tx)
}
