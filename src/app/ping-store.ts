// Rows of the pings that must come in.
import { type QueryExecutorProvider, sql } from 'kysely'
import { type Instant, instant } from '../base/time.ts'
import type { PingSeen, PingState } from '../notify/ping.ts'

type Executor = QueryExecutorProvider

/** Part of a later migration. */
export const PING_SCHEMA = `
create table ping (
  name text primary key,
  last_at timestamptz,
  counted_from timestamptz not null,
  state text not null,
  since timestamptz not null
);
`

export function pingGrants(role: string): string {
  return `grant select, insert, update, delete on ping to "${role.replaceAll('"', '""')}";`
}

export interface StoredPing extends PingSeen {
  readonly name: string
  readonly state: PingState
  /** Since when it has stood so. */
  readonly since: Instant
}

export async function listPings(db: Executor): Promise<readonly StoredPing[]> {
  const { rows } = await sql<{
    name: string
    last_at: Date | null
    counted_from: Date
    state: PingState
    since: Date
  }>`select * from ping order by name`.execute(db)
  return rows.map((row) => ({
    name: row.name,
    ...(row.last_at === null ? {} : { lastAt: instant(row.last_at.getTime()) }),
    countedFrom: instant(row.counted_from.getTime()),
    state: row.state,
    since: instant(row.since.getTime()),
  }))
}

/** Seen for the first time: counted from now. */
export async function addPing(tx: Executor, name: string, at: Instant): Promise<void> {
  await sql`insert into ping (name, counted_from, state, since) values (${name}, ${at}, 'no_data', ${at})
    on conflict do nothing`.execute(tx)
}

export async function pingCame(tx: Executor, name: string, at: Instant): Promise<void> {
  await sql`insert into ping (name, last_at, counted_from, state, since)
    values (${name}, ${at}, ${at}, 'no_data', ${at})
    on conflict (name) do update set last_at = excluded.last_at`.execute(tx)
}

export async function setPing(
  tx: Executor,
  { name, state, since, countedFrom }: Omit<StoredPing, 'lastAt'>,
): Promise<void> {
  await sql`update ping set state = ${state}, since = ${since}, counted_from = ${countedFrom} where name = ${name}`.execute(
    tx,
  )
}

export async function forgetPing(tx: Executor, name: string): Promise<void> {
  await sql`delete from ping where name = ${name}`.execute(tx)
}
