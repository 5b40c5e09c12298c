// The rows of changes and all of their SQL. A change is one row: its aggregate as JSON, and columns for lists. The callers in app/ write the
// ledger entry in the same transaction (INVARIANT I6).
import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { type ActorId, type ChangeId, changeId } from '../base/id.ts'
import { type Instant, instant } from '../base/time.ts'
import type { ChangeState } from '../contract/change.ts'
import type { StandingVerb } from '../seal/statement.ts'
import type { Change } from './change.ts'

type Executor = QueryExecutorProvider

/** Part of the first migration. */
export const CHANGE_SCHEMA = `
create table change_number (
  year int primary key,
  last int not null
);
create table change (
  id text primary key check (id ~ '^CHG-[0-9]{4}-[0-9]{4,}$'),
  version bigint not null check (version >= 1),
  state text not null,
  service text not null,
  revision int not null,
  document jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check (document ->> 'id' = id and document ->> 'state' = state)
);
create index change_by_state on change (state);
create index change_by_time on change (created_at desc);
-- What the gate asks a person to sign: the exact text, once, for at most 15 minutes.
create table signing_request (
  nonce text primary key,
  subject text not null,
  person text not null,
  text text not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create table standing (
  digest text primary key,
  service text not null,
  unit text not null,
  verb text not null,
  per_hour int not null,
  person text not null,
  fingerprint text not null,
  demo boolean not null,
  playbook_digest text not null,
  state text not null check (state in ('live', 'revoked', 'demoted')),
  why text,
  signed jsonb not null,
  signed_at timestamptz not null
);
create index standing_by_service on standing (service, verb);
`

/** Part of a later migration: finds the changes that were closed last without sorting all of them. */
export const CLOSED_INDEX = `create index change_closed_lately on change (updated_at desc) where state = 'closed';`

/** Part of a later migration: who wrote a change is compared without reading its whole document. */
export const AUTHOR_COLUMNS = `alter table change
  add column author text generated always as (document ->> 'author') stored,
  add column sponsor text generated always as (document ->> 'sponsor') stored;`

export function changeGrants(role: string): string {
  const name = `"${role.replaceAll('"', '""')}"`
  return `
grant select, insert, update on change, change_number, standing to ${name};
grant select, insert, update, delete on signing_request to ${name};
`
}

export interface StoredChange {
  readonly change: Change
  /** Rises with every write. */
  readonly version: number
  readonly updatedAt: Instant
}

interface Row {
  readonly document: Change
  readonly version: number | string
  readonly updated_at: Date
}

const stored = (row: Row): StoredChange => ({
  change: row.document,
  version: Number(row.version),
  updatedAt: instant(row.updated_at.getTime()),
})

/** The next number of a year. It is free again only when the transaction that took it is rolled back. */
export async function nextChangeId(tx: Executor, year: number): Promise<ChangeId> {
  const answer = await sql<{ last: number }>`
    insert into change_number (year, last) values (${year}, 1)
    on conflict (year) do update set last = change_number.last + 1 returning last`.execute(tx)
  const last = answer.rows[0]?.last
  if (last === undefined) throw new SekishoError('store.damaged', { why: 'change_number gave no number' })
  return changeId(year, last)
}

export async function insertChange(tx: Executor, change: Change, at: Instant): Promise<StoredChange> {
  await sql`insert into change (id, version, state, service, revision, document, created_at, updated_at)
    values (${change.id}, 1, ${change.state}, ${change.service}, ${change.revision},
      ${JSON.stringify(change)}::jsonb, ${change.createdAt}, ${at})`.execute(tx)
  return { change, version: 1, updatedAt: at }
}

/** Throws `store.busy` when somebody wrote the row since `version` was read. */
export async function saveChange(
  tx: Executor,
  change: Change,
  version: number,
  at: Instant,
): Promise<StoredChange> {
  const answer = await sql`update change set version = version + 1, state = ${change.state},
      revision = ${change.revision}, document = ${JSON.stringify(change)}::jsonb, updated_at = ${at}
    where id = ${change.id} and version = ${version}`.execute(tx)
  if (answer.numAffectedRows !== 1n)
    throw new SekishoError('store.busy', { why: `${change.id} was changed meanwhile`, state: change.state })
  return { change, version: version + 1, updatedAt: at }
}

/** Throws `change.unknown`. */
export async function loadChange(db: Executor, id: ChangeId): Promise<StoredChange> {
  const answer = await sql<Row>`select document, version, updated_at from change where id = ${id}`.execute(db)
  const row = answer.rows[0]
  if (row === undefined) throw new SekishoError('change.unknown', { change: id })
  return stored(row)
}

/** The change that rolled this one back, where one was kept and is in effect: it was not itself taken back. */
export async function takenBackBy(db: Executor, { id, service }: Change): Promise<ChangeId | undefined> {
  const answer = await sql<Row>`select document, version, updated_at from change
    where service = ${service} and state = 'closed' and document->>'takesBack' = ${id}
    order by created_at desc`.execute(db)
  const back = answer.rows.map(stored).find(({ change }) => change.executions.at(-1)?.outcome === 'kept')
  if (back === undefined) return undefined
  return (await takenBackBy(db, back.change)) === undefined ? back.change.id : undefined
}

/** The same of a page of changes, in one question for each step of what was taken back again. */
export async function takenBackAmong(
  db: Executor,
  ids: readonly ChangeId[],
): Promise<ReadonlyMap<string, ChangeId>> {
  if (ids.length === 0) return new Map()
  const answer = await sql<Row>`select document, version, updated_at from change
    where state = 'closed' and document->>'takesBack' = any(${[...ids]}::text[]) order by created_at`.execute(
    db,
  )
  const backs = new Map(
    answer.rows
      .map(stored)
      .flatMap(({ change: { id, takesBack, executions } }) =>
        takesBack !== undefined && executions.at(-1)?.outcome === 'kept' ? [[takesBack, id] as const] : [],
      ),
  )
  const undone = await takenBackAmong(db, [...backs.values()])
  return new Map([...backs].filter(([, by]) => !undone.has(by)))
}

export interface ChangeFilter {
  readonly states?: readonly ChangeState[]
  readonly notStates?: readonly ChangeState[]
  readonly service?: string
  /** In one of these states, or closed with one of these outcomes. */
  readonly standing?: { readonly states: readonly string[]; readonly outcomes: readonly string[] }
  readonly file?: string
  /** Any of these people and agents edited it. */
  readonly by?: readonly string[]
  /** Last event at this time or later; created at this time or earlier. */
  readonly since?: Instant
  readonly until?: Instant
  /** Changes after this one, by time of creation. Throws `change.unknown`. */
  readonly after?: ChangeId
  /** Sorted by the last event; else by creation. */
  readonly lately?: boolean
  readonly limit: number
}

/** Newest first by default. */
export async function listChanges(db: Executor, filter: ChangeFilter): Promise<StoredChange[]> {
  const states = filter.states === undefined ? null : [...filter.states]
  const without = [...(filter.notStates ?? [])]
  const { standing, file, by, since, until, after } = filter
  const last = after === undefined ? undefined : (await loadChange(db, after)).change
  const answer = await sql<Row>`select document, version, updated_at from change
    where (${states}::text[] is null or state = any(${states}::text[]))
      and not state = any(${without}::text[])
      and (${filter.service ?? null}::text is null or service = ${filter.service ?? null}::text)
      and (${standing === undefined}::boolean or state = any(${[...(standing?.states ?? [])]}::text[])
        or (state = 'closed' and document #>> '{executions,-1,outcome}' = any(${[...(standing?.outcomes ?? [])]}::text[])))
      and (${file ?? null}::text is null or document #> '{impact,files}' ? ${file ?? null}::text
        or jsonb_path_exists(document, '$.wishes.*[*].path ? (@ == $file)', jsonb_build_object('file', ${file ?? null}::text)))
      and (${by === undefined}::boolean
        or document ->> 'requester' = any(${[...(by ?? [])]}::text[]) or document ->> 'author' = any(${[...(by ?? [])]}::text[])
        or document #>> '{instruction,by}' = any(${[...(by ?? [])]}::text[])
        or document -> 'editors' ?| ${[...(by ?? [])]}::text[]
        or jsonb_path_query_array(document, '$.decisions[*].by') ?| ${[...(by ?? [])]}::text[]
        or jsonb_path_query_array(document, '$.waivers[*].by') ?| ${[...(by ?? [])]}::text[])
      and (${since ?? null}::timestamptz is null or updated_at >= ${since ?? null}::timestamptz)
      and (${until ?? null}::timestamptz is null or created_at <= ${until ?? null}::timestamptz)
      and (${last?.createdAt ?? null}::timestamptz is null
        or (created_at, id) < (${last?.createdAt ?? null}::timestamptz, ${last?.id ?? null}::text))
    order by ${orderOf(filter)} limit ${filter.limit}`.execute(db)
  return answer.rows.map(stored)
}

interface Order {
  readonly lately?: boolean
  readonly oldestFirst?: boolean
  /** Those that this one wrote or sponsors before those of others. */
  readonly firstOf?: string
}

/** As text and not as a value, so that an index can be used. */
export function orderOf({ lately, oldestFirst, firstOf }: Order) {
  const byTime = lately
    ? sql`updated_at desc, id desc`
    : oldestFirst
      ? sql`created_at, id`
      : sql`created_at desc, id desc`
  if (firstOf === undefined) return byTime
  return sql`(author = ${firstOf}::text or sponsor = ${firstOf}::text) is true desc, ${byTime}`
}

// --- what is asked to be signed -------------------------------------------------------------------------------------

export interface SigningRequest {
  readonly nonce: string
  /** A change, or `standing`. */
  readonly subject: string
  readonly person: ActorId
  readonly text: string
  readonly expires: Instant
  readonly used: boolean
}

export async function saveSigningRequest(tx: Executor, request: Omit<SigningRequest, 'used'>): Promise<void> {
  const { nonce, subject, person, text, expires } = request
  await sql`insert into signing_request (nonce, subject, person, text, expires_at)
    values (${nonce}, ${subject}, ${person}, ${text}, ${expires})`.execute(tx)
}

export async function loadSigningRequest(db: Executor, nonce: string): Promise<SigningRequest | undefined> {
  const answer = await sql<{
    nonce: string
    subject: string
    person: ActorId
    text: string
    expires_at: Date
    used_at: Date | null
  }>`select * from signing_request where nonce = ${nonce}`.execute(db)
  const row = answer.rows[0]
  if (row === undefined) return undefined
  const { expires_at, used_at, ...rest } = row
  return { ...rest, expires: instant(expires_at.getTime()), used: used_at !== null }
}

/** False when it was used before. */
export async function useSigningRequest(tx: Executor, nonce: string, at: Instant): Promise<boolean> {
  const answer = await sql`update signing_request set used_at = ${at}
    where nonce = ${nonce} and used_at is null`.execute(tx)
  return answer.numAffectedRows === 1n
}

export async function forgetSigningRequests(tx: Executor, before: Instant): Promise<void> {
  await sql`delete from signing_request where expires_at < ${before} and used_at is null`.execute(tx)
}

// --- standing statements --------------------------------------------------------------------------------------------

export interface Standing {
  readonly digest: Digest
  readonly service: string
  readonly unit: string
  readonly verb: StandingVerb
  readonly perHour: number
  readonly person: ActorId
  readonly fingerprint: string
  readonly demo: boolean
  readonly playbookDigest: Digest
  readonly state: 'live' | 'revoked' | 'demoted'
  readonly why?: string
  readonly signed: { readonly text: string; readonly signature: string }
  readonly at: Instant
}

export async function insertStanding(tx: Executor, one: Standing): Promise<void> {
  await sql`insert into standing (digest, service, unit, verb, per_hour, person, fingerprint, demo, playbook_digest,
      state, signed, signed_at)
    values (${one.digest}, ${one.service}, ${one.unit}, ${one.verb}, ${one.perHour}, ${one.person},
      ${one.fingerprint}, ${one.demo}, ${one.playbookDigest}, ${one.state}, ${JSON.stringify(one.signed)}::jsonb,
      ${one.at}) on conflict (digest) do nothing`.execute(tx)
}

export async function endStanding(
  tx: Executor,
  digest: Digest,
  state: 'revoked' | 'demoted',
  why: string,
): Promise<boolean> {
  const answer = await sql`update standing set state = ${state}, why = ${why}
    where digest = ${digest} and state = 'live'`.execute(tx)
  return answer.numAffectedRows === 1n
}

export type StandingState = Pick<Standing, 'service' | 'verb' | 'playbookDigest' | 'state'>

/** Newest first, one value of JSON. */
export const STANDING_STATES: RawBuilder<readonly StandingState[]> = sql`(
  select coalesce(json_agg(json_build_object('service', service, 'verb', verb, 'playbookDigest', playbook_digest, 'state', state)
    order by signed_at desc), '[]') from standing)`

/** Newest first. */
export async function listStanding(db: Executor): Promise<Standing[]> {
  const answer = await sql<{
    digest: Digest
    service: string
    unit: string
    verb: StandingVerb
    per_hour: number
    person: ActorId
    fingerprint: string
    demo: boolean
    playbook_digest: Digest
    state: Standing['state']
    why: string | null
    signed: Standing['signed']
    signed_at: Date
  }>`select * from standing order by signed_at desc`.execute(db)
  return answer.rows.map((row) => ({
    digest: row.digest,
    service: row.service,
    unit: row.unit,
    verb: row.verb,
    perHour: row.per_hour,
    person: row.person,
    fingerprint: row.fingerprint,
    demo: row.demo,
    playbookDigest: row.playbook_digest,
    state: row.state,
    ...(row.why === null ? {} : { why: row.why }),
    signed: row.signed,
    at: instant(row.signed_at.getTime()),
  }))
}
