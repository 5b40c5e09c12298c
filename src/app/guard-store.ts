// Rows of the guard: which spool files were taken already, what each account was refused lately, and who is paused.
import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { type Instant, instant } from '../base/time.ts'

type Executor = QueryExecutorProvider

/** The second migration. Facts are in the ledger; what is here is for a day. */
export const GUARD_SCHEMA = `
create table guard_refusal (
  file text primary key,
  uid bigint not null,
  intent text not null,
  -- Counts towards a pause: refused at level guard, and not before the last resume.
  counted boolean not null,
  at timestamptz not null
);
create index guard_refusal_by_uid on guard_refusal (uid, at) where counted;
create table guard_pause (
  uid bigint primary key,
  intents int not null,
  at timestamptz not null
);
`

export function guardGrants(role: string): string {
  const name = `"${role.replaceAll('"', '""')}"`
  return `grant select, insert, update, delete on guard_refusal, guard_pause to ${name};`
}

export interface TakenFile {
  readonly file: string
  readonly uid: number
  readonly intent: string
  readonly counted: boolean
  readonly at: Instant
}

/** False where this file was taken before: a file is removed after the commit, so the same one may be seen twice. */
export async function takeFile(tx: Executor, row: TakenFile): Promise<boolean> {
  const { file, uid, intent, counted, at } = row
  const taken = await sql`insert into guard_refusal (file, uid, intent, counted, at)
    values (${file}, ${uid}, ${intent}, ${counted}, ${at}) on conflict do nothing`.execute(tx)
  return taken.numAffectedRows === 1n
}

/** Different intents that this account was refused since. */
export async function intentsSince(tx: Executor, uid: number, since: Instant): Promise<number> {
  const answer = await sql<{ count: string }>`select count(distinct intent)::text as count from guard_refusal
    where uid = ${uid} and counted and at > ${since}`.execute(tx)
  return Number(answer.rows[0]?.count ?? 0)
}

export interface Pause {
  readonly uid: number
  readonly intents: number
  readonly at: Instant
}

/** False where the account is paused already. */
export async function pause(tx: Executor, { uid, intents, at }: Pause): Promise<boolean> {
  const taken = await sql`insert into guard_pause (uid, intents, at) values (${uid}, ${intents}, ${at})
    on conflict do nothing`.execute(tx)
  return taken.numAffectedRows === 1n
}

/** What was refused before counts no more. False where the account was not paused. */
export async function resume(tx: Executor, uid: number): Promise<boolean> {
  const ended = await sql`delete from guard_pause where uid = ${uid}`.execute(tx)
  await sql`update guard_refusal set counted = false where uid = ${uid} and counted`.execute(tx)
  return ended.numAffectedRows === 1n
}

export async function listPauses(db: Executor): Promise<readonly Pause[]> {
  const answer = await sql<{ uid: string; intents: number; at: Date }>`
    select uid, intents, at from guard_pause order by at, uid`.execute(db)
  return answer.rows.map((row) => ({
    uid: Number(row.uid),
    intents: row.intents,
    at: instant(row.at.getTime()),
  }))
}

interface PauseFound {
  readonly uid: number
  readonly intents: number
  readonly at: string
}

/** The same as one value of JSON, a part of a larger statement. */
export const PAUSES: RawBuilder<readonly PauseFound[]> = sql`(
  select coalesce(json_agg(json_build_object('uid', uid, 'intents', intents, 'at', at) order by at, uid), '[]') from guard_pause)`

export function pausesOfFound(found: readonly PauseFound[]): readonly Pause[] {
  return found.map(({ uid, intents, at }) => ({ uid, intents, at: instant(Date.parse(at)) }))
}

export async function forgetRefusals(tx: Executor, before: Instant): Promise<void> {
  await sql`delete from guard_refusal where at < ${before}`.execute(tx)
}
