// Rows of the gate's own doors: events for those who follow, and answers kept for a repeated request.
import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { assert } from '../base/assert.ts'
import type { ChangeId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import { type Instant, instant } from '../base/time.ts'

type Executor = QueryExecutorProvider

/** Part of the first migration. All of it may be lost: facts are in the ledger. */
export const APP_SCHEMA = `
create table event (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  change text,
  kind text not null,
  details jsonb not null
);
create index event_by_change on event (change, id);
create table idempotency (
  actor text not null,
  key text not null,
  request text not null,
  status int,
  body text,
  at timestamptz not null,
  primary key (actor, key)
);
create table login_challenge (
  challenge text primary key,
  person text not null,
  expires_at timestamptz not null
);
create table setting (
  name text primary key,
  value jsonb not null
);
`

export function appGrants(role: string): string {
  const name = `"${role.replaceAll('"', '""')}"`
  return `
grant select, insert, delete on event, login_challenge to ${name};
grant select, insert, update, delete on idempotency, setting to ${name};
`
}

export interface StoredEvent {
  readonly id: number
  readonly at: Instant
  readonly change?: ChangeId
  readonly kind: string
  readonly values: JsonObject
}
export type EventDraft = Omit<StoredEvent, 'id' | 'at'>

export async function insertEvent(tx: Executor, draft: EventDraft, at: Instant): Promise<StoredEvent> {
  const answer = await sql<{ id: number | string }>`insert into event (at, change, kind, details)
    values (${at}, ${draft.change ?? null}, ${draft.kind}, ${JSON.stringify(draft.values)}::jsonb)
    returning id`.execute(tx)
  return { ...draft, id: Number(answer.rows[0]?.id), at }
}

/** In order, after an id. */
export async function eventsAfter(
  db: Executor,
  id: number,
  change: ChangeId | undefined,
  limit = 500,
): Promise<StoredEvent[]> {
  const answer = await sql<{
    id: number | string
    at: Date
    change: ChangeId | null
    kind: string
    details: JsonObject
  }>`select id, at, change, kind, details from event
    where id > ${id} and (${change ?? null}::text is null or change = ${change ?? null}::text)
    order by id limit ${limit}`.execute(db)
  return answer.rows.map((row) => ({
    id: Number(row.id),
    at: instant(row.at.getTime()),
    ...(row.change === null ? {} : { change: row.change }),
    kind: row.kind,
    values: row.details,
  }))
}

/** The stream is bounded: a client that was away for longer reads the state again. */
export async function forgetEvents(tx: Executor, before: Instant, keep: number): Promise<void> {
  await sql`delete from event where at < ${before} or id <= (select max(id) from event) - ${keep}`.execute(tx)
}

// --- answers to repeated requests -----------------------------------------------------------------------------------

export type Remembered =
  | { readonly kind: 'new' }
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'other_request' }
  | { readonly kind: 'under_way' }

/** Takes the key for this request, or returns the stored answer. A request without an answer is free again after `staleBefore`. */
export async function rememberRequest(
  tx: Executor,
  row: { readonly actor: string; readonly key: string; readonly request: string },
  at: Instant,
  staleBefore: Instant,
): Promise<Remembered> {
  const { actor, key, request } = row
  const taken = await sql`insert into idempotency (actor, key, request, at)
    values (${actor}, ${key}, ${request}, ${at}) on conflict do nothing`.execute(tx)
  if (taken.numAffectedRows === 1n) return { kind: 'new' }
  const found = await sql<{ request: string; status: number | null; body: string | null; at: Date }>`
    select request, status, body, at from idempotency where actor = ${actor} and key = ${key} for update`.execute(
    tx,
  )
  const there = found.rows[0]
  if (there === undefined) return { kind: 'under_way' }
  if (there.request !== request) return { kind: 'other_request' }
  if (there.status !== null) return { kind: 'answered', status: there.status, body: there.body ?? '' }
  if (instant(there.at.getTime()) >= staleBefore) return { kind: 'under_way' }
  await sql`update idempotency set at = ${at} where actor = ${actor} and key = ${key}`.execute(tx)
  return { kind: 'new' }
}

export async function rememberAnswer(
  tx: Executor,
  actor: string,
  key: string,
  answer: { readonly status: number; readonly body: string } | undefined,
): Promise<void> {
  if (answer === undefined)
    await sql`delete from idempotency where actor = ${actor} and key = ${key} and status is null`.execute(tx)
  else
    await sql`update idempotency set status = ${answer.status}, body = ${answer.body}
      where actor = ${actor} and key = ${key}`.execute(tx)
}

export async function forgetRequests(tx: Executor, before: Instant): Promise<void> {
  await sql`delete from idempotency where at < ${before}`.execute(tx)
  await sql`delete from login_challenge where expires_at < ${before}`.execute(tx)
}

// --- login challenges -----------------------------------------------------------------------------------------------

export async function saveChallenge(
  tx: Executor,
  challenge: string,
  person: string,
  at: Instant,
  expires: Instant,
): Promise<void> {
  // Challenges are given out at a limited rate and live for minutes. Without the expired ones the table stays small.
  await sql`delete from login_challenge where expires_at < ${at}`.execute(tx)
  await sql`insert into login_challenge (challenge, person, expires_at)
    values (${challenge}, ${person}, ${expires})`.execute(tx)
}

/** Returns the challenge once. */
export async function takeChallenge(
  tx: Executor,
  challenge: string,
): Promise<{ readonly person: string; readonly expires: Instant } | undefined> {
  const answer = await sql<{ person: string; expires_at: Date }>`
    delete from login_challenge where challenge = ${challenge} returning person, expires_at`.execute(tx)
  const row = answer.rows[0]
  return row && { person: row.person, expires: instant(row.expires_at.getTime()) }
}

// --- what the gate knows of itself ----------------------------------------------------------------------------------

export async function readSetting(db: Executor, name: string): Promise<unknown> {
  const answer = await sql<{ value: unknown }>`select value from setting where name = ${name}`.execute(db)
  return answer.rows[0]?.value
}

/** One value of JSON, null where nothing was written; a part of a larger statement. */
export function settingValue(name: string): RawBuilder<unknown> {
  return sql`(select value from setting where name = ${sql.lit(name)})`
}

/** Several values by one statement: all of one moment, and one way to the store and back. */
export async function readTogether<Values extends Record<string, unknown>>(
  db: Executor,
  parts: { readonly [Name in keyof Values]: RawBuilder<Values[Name]> },
): Promise<Values> {
  const columns = Object.entries<RawBuilder<unknown>>(parts).map(
    ([name, part]) => sql`${part} as ${sql.id(name)}`,
  )
  const { rows } = await sql<Values>`select ${sql.join(columns)}`.execute(db)
  const [row] = rows
  assert(row !== undefined, 'a select without a table has one row')
  return row
}

export async function writeSetting(tx: Executor, name: string, value: unknown): Promise<void> {
  await sql`insert into setting (name, value) values (${name}, ${JSON.stringify(value)}::jsonb)
    on conflict (name) do update set value = excluded.value`.execute(tx)
}
