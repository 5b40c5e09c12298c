// The ledger's tables and all of its SQL. The gate appends inside the transaction that changes the state; nobody updates.
// A row keeps, beside the entry, the hashes of the perfect subtrees that it completes: every root and proof is O(log n) rows.
import { type QueryExecutorProvider, sql } from 'kysely'
import { assert } from '../base/assert.ts'
import { SekishoError } from '../base/error.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { type Clock, type Instant, instant } from '../base/time.ts'
import { buildEntry, type Entry, type EntryDraft, FIRST_PREV, parseEntry } from '../ledger/entry.ts'
import {
  consistencyRanges,
  EMPTY_ROOT,
  type Hash,
  hex,
  inclusionRanges,
  leafHash,
  type Node,
  nodeHash,
  proof,
  type Range,
  rangeNodes,
} from '../ledger/merkle.ts'
import { lastOf, type NodeRow, nodesOf } from './glance.ts'

/** A transaction (READ COMMITTED) or, for reading, any connection. */
export type Executor = QueryExecutorProvider

/** Part of the first migration. The owner of these tables is not the gate's role. */
export const LEDGER_SCHEMA = `
create table ledger (
  seq bigint primary key check (seq >= 1),
  leaf bytea not null check (leaf = sha256('\\x00'::bytea || convert_to(body, 'UTF8'))),
  nodes bytea not null check (length(nodes) % 32 = 0),
  body text not null,
  -- Copies from the body for looking up; the body is what counts.
  kind text not null,
  subject text collate "C" not null
);
create index ledger_by_subject on ledger (subject, seq);
create table blob (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  kind text not null,
  bytes bytea check (bytes is null or digest = encode(sha256(bytes), 'hex')),
  erased_at timestamptz,
  check ((bytes is null) = (erased_at is not null))
);
create table checkpoint (
  latest boolean primary key default true check (latest),
  size bigint not null,
  root text not null,
  note text not null,
  at timestamptz not null
);

create function ledger_refuse() returns trigger language plpgsql as $$
begin
  raise exception '% of % is refused: it only grows', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;
create function ledger_follows() returns trigger language plpgsql as $$
begin
  if new.seq > 1 and not exists (select from ledger where seq = new.seq - 1) then
    raise exception 'ledger entry % has no entry before it', new.seq using errcode = 'check_violation';
  end if;
  return new;
end $$;
create function blob_erasable() returns trigger language plpgsql as $$
begin
  if new.digest <> old.digest or new.kind <> old.kind then
    raise exception 'a blob is erased or brought back, never changed' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create function checkpoint_grows() returns trigger language plpgsql as $$
begin
  if new.size < old.size or (new.size = old.size and new.root <> old.root) then
    raise exception 'a checkpoint of % entries cannot follow one of %', new.size, old.size using errcode = 'check_violation';
  end if;
  return new;
end $$;
-- Waits at most 2 s for another writer (fail closed); the lock is held to the end of the caller's transaction.
create function ledger_lock() returns void language sql set lock_timeout = '2s' as $$
  select pg_advisory_xact_lock(7450580596923828125)
$$;

create trigger ledger_append_only before update or delete or truncate on ledger
  for each statement execute function ledger_refuse();
create trigger ledger_no_gap before insert on ledger for each row execute function ledger_follows();
create trigger blob_stays before delete or truncate on blob for each statement execute function ledger_refuse();
create trigger blob_only_erased before update on blob for each row execute function blob_erasable();
create trigger checkpoint_stays before delete or truncate on checkpoint
  for each statement execute function ledger_refuse();
create trigger checkpoint_only_grows before update on checkpoint
  for each row execute function checkpoint_grows();
`

/** What the gate's role may do with them. */
export function ledgerGrants(role: string): string {
  const name = `"${role.replaceAll('"', '""')}"`
  return `
grant select, insert on ledger to ${name};
grant select, insert, update (bytes, erased_at) on blob to ${name};
grant select, insert, update on checkpoint to ${name};
grant execute on function ledger_lock() to ${name};
`
}

export interface Appended {
  readonly seq: number
  readonly body: string
  /** The leaf's hash: `prev` of the next one. */
  readonly leaf: Digest
}
export interface StoredEntry extends Appended {
  readonly entry: Entry
}
export interface Head {
  readonly size: number
  readonly root: Digest
}

/**
 * INVARIANT I6: an entry commits with the state it speaks of. Call inside that transaction; number, link and time are given
 * here under a lock that is held to its end. Throws `store.busy` when another writer does not finish in 2 s.
 */
export async function appendEntry(
  tx: Executor,
  draft: EntryDraft,
  clock: Pick<Clock, 'now'>,
): Promise<Appended> {
  await sql`select ledger_lock()`.execute(tx)
  const last = await rowsAt(tx, sql`seq = (select max(seq) from ledger)`)
  const before = last[0]
  const seq = (before?.seq ?? 0) + 1
  const prev = before === undefined ? FIRST_PREV : (hex(before.leaf) as Digest)
  const body = buildEntry(draft, { seq, prev, at: instant(clock.now()) })
  const leaf = leafHash(body)
  const nodes = await completedNodes(tx, seq, leaf)
  const leafBytes = Buffer.from(leaf)
  const { kind, subject } = draft
  await sql`insert into ledger (seq, leaf, nodes, body, kind, subject)
    values (${seq}, ${leafBytes}, ${nodes}, ${body}, ${kind}, ${subject})`.execute(tx)
  return { seq, body, leaf: hex(leaf) as Digest }
}

/** Entries `from` to `to`, both included, in order. Throws `ledger.damaged` for a text that is no entry. */
export async function readEntries(db: Executor, from: number, to: number): Promise<StoredEntry[]> {
  const rows = await rowsAt(db, sql`seq between ${from} and ${to}`)
  return rows.map(stored)
}

/** The entries that speak of a change or of one of its executions, in order. */
export async function readSubject(db: Executor, subject: string): Promise<StoredEntry[]> {
  // '0' is the character after '/': everything below `subject/`.
  const rows = await rowsAt(
    db,
    sql`subject = ${subject} or (subject > ${`${subject}/`} and subject < ${`${subject}0`})`,
  )
  return rows.map(stored)
}

/** The last entries of a kind that speak of exactly this subject, the newest first. */
export async function readLatest(
  db: Executor,
  { kind, subject, limit }: Pick<EntryDraft, 'kind' | 'subject'> & { readonly limit: number },
): Promise<StoredEntry[]> {
  const rows = await rowsAt(
    db,
    sql`seq in (select seq from ledger where subject = ${subject} and kind = ${kind} order by seq desc limit ${limit})`,
  )
  return rows.map(stored).reverse()
}

/** The last entries of these kinds that speak of exactly one of these subjects, the newest first. */
export async function readLatestOf(
  db: Executor,
  of: { readonly kinds: readonly string[]; readonly subjects: readonly string[]; readonly limit: number },
): Promise<StoredEntry[]> {
  const rows = await rowsAt(
    db,
    sql`seq in (select seq from ledger where subject = any(${[...of.subjects]}::text[])
      and kind = any(${[...of.kinds]}::text[]) order by seq desc limit ${of.limit})`,
  )
  return rows.map(stored).reverse()
}

/**
 * Entries about changes, and those of other kinds that are named, that may hold a text, newest first, from before a number: those whose body has it, and those that name
 * one of the blobs that have it. `bodies`: a case-insensitive pattern of LIKE.
 */
export async function readMatching(
  db: Executor,
  {
    pattern,
    withBlobs,
    otherKinds,
    before,
    limit,
  }: {
    readonly pattern: string
    /** Kinds of entries whose blobs are looked at. */
    readonly withBlobs: readonly string[]
    /** Kinds of entries that are about no change. */
    readonly otherKinds: readonly string[]
    readonly before: number | undefined
    readonly limit: number
  },
): Promise<StoredEntry[]> {
  const rows = await rowsAt(
    db,
    sql`seq in (select seq from ledger where (subject like 'CHG-%' or kind = any(${[...otherKinds]}::text[]))
      and (${before ?? null}::bigint is null or seq < ${before ?? null}::bigint)
      and (body ilike ${pattern} or kind = any(${[...withBlobs]}::text[])) order by seq desc limit ${limit})`,
  )
  return rows.map(stored).reverse()
}

/** Digests of the blobs of these kinds that hold a text. A blob with a zero byte is no text and is passed over. */
export async function blobsWith(db: Executor, kinds: readonly string[], pattern: string): Promise<Digest[]> {
  const answer = await sql<{ digest: Digest }>`select digest from blob
    where kind = any(${[...kinds]}::text[]) and bytes is not null
      and case when position('\\x00'::bytea in bytes) = 0 then convert_from(bytes, 'UTF8') ilike ${pattern} else false end`.execute(
    db,
  )
  return answer.rows.map(({ digest }) => digest)
}

/** Bodies 1 to `size` in batches, as the export wants them. */
export async function* streamBodies(db: Executor, size: number, batch = 1000): AsyncGenerator<Appended> {
  for (let from = 1; from <= size; from += batch) {
    const to = Math.min(size, from + batch - 1)
    for (const row of await rowsAt(db, sql`seq between ${from} and ${to}`))
      yield { seq: row.seq, body: row.body, leaf: hex(row.leaf) as Digest }
  }
}

/** Size and root of the ledger as it is now. */
export async function currentRoot(db: Executor): Promise<Head> {
  const answer = await sql<{ size: string }>`select coalesce(max(seq), 0)::text as size from ledger`.execute(
    db,
  )
  return rootAt(db, Number(answer.rows[0]?.size ?? 0))
}

/** Size and root of the first `size` entries. */
export async function rootAt(db: Executor, size: number): Promise<Head> {
  const range = { start: 0, end: size }
  const hashes = size === 0 ? [EMPTY_ROOT] : await rangeHashes(db, [range])
  return { size, root: hex(hashes[0] ?? EMPTY_ROOT) as Digest }
}

/** Proves that the ledger of `newSize` entries extends the one of `oldSize`; hashes in hex. */
export async function consistencyProof(db: Executor, oldSize: number, newSize: number): Promise<Digest[]> {
  assert(oldSize >= 0 && oldSize <= newSize, 'a ledger is proven against a smaller one')
  return (await rangeHashes(db, consistencyRanges(oldSize, newSize))).map((hash) => hex(hash) as Digest)
}

/** Proves that entry `seq` is in the ledger of `size` entries; hashes in hex. */
export async function inclusionProof(db: Executor, seq: number, size: number): Promise<Digest[]> {
  assert(seq >= 1 && seq <= size, 'the entry is in the ledger')
  return (await rangeHashes(db, inclusionRanges(seq - 1, size))).map((hash) => hex(hash) as Digest)
}

// --- blobs ----------------------------------------------------------------------------------------------------------

export type StoredBlob =
  | { readonly state: 'present'; readonly kind: string; readonly bytes: Uint8Array }
  | { readonly state: 'erased'; readonly kind: string; readonly at: Instant }

/** Stores bytes under their SHA-256; running twice is running once. Bytes that were erased come back. */
export async function putBlob(tx: Executor, kind: string, bytes: Uint8Array): Promise<Digest> {
  const digest = sha256(bytes)
  await sql`insert into blob (digest, kind, bytes) values (${digest}, ${kind}, ${Buffer.from(bytes)})
    on conflict (digest) do update set bytes = excluded.bytes, erased_at = null where blob.bytes is null`.execute(
    tx,
  )
  return digest
}

/** Undefined where nothing was stored. Throws `ledger.blob_altered` when the bytes are not those of the digest. */
export async function getBlob(db: Executor, digest: Digest): Promise<StoredBlob | undefined> {
  const answer = await sql<{ kind: string; bytes: Buffer | null; erased_at: Date | null }>`
    select kind, bytes, erased_at from blob where digest = ${digest}`.execute(db)
  const row = answer.rows[0]
  if (row === undefined) return undefined
  if (row.bytes === null)
    return { state: 'erased', kind: row.kind, at: instant(row.erased_at?.getTime() ?? 0) }
  if (sha256(row.bytes) !== digest) throw new SekishoError('ledger.blob_altered', { digest })
  return { state: 'present', kind: row.kind, bytes: row.bytes }
}

/**
 * Erases the bytes and says so on the record, in one transaction: without the entry a verifier calls the ledger altered.
 * Throws `ledger.blob_missing` where there is nothing to erase.
 */
export async function eraseBlob(
  tx: Executor,
  digest: Digest,
  by: { readonly subject: string; readonly actor: string; readonly reason: string },
  clock: Pick<Clock, 'now'>,
): Promise<Appended> {
  const payload = { digest, reason: by.reason }
  const draft = { kind: 'blob.erased', subject: by.subject, actor: by.actor, payload }
  const appended = await appendEntry(tx, draft, clock)
  const answer = await sql`update blob set bytes = null, erased_at = ${instant(clock.now())}
    where digest = ${digest} and bytes is not null`.execute(tx)
  if (answer.numAffectedRows !== 1n) throw new SekishoError('ledger.blob_missing', { digest })
  return appended
}

// --- checkpoints ----------------------------------------------------------------------------------------------------

export interface StoredCheckpoint extends Head {
  readonly note: string
  readonly at: Instant
}

/** Keeps the latest note only; a smaller one, or another root for the same size, is refused by the table itself. */
export async function saveCheckpoint(tx: Executor, latest: StoredCheckpoint): Promise<void> {
  const { size, root, note, at } = latest
  await sql`insert into checkpoint (size, root, note, at) values (${size}, ${root}, ${note}, ${at})
    on conflict (latest) do update set size = excluded.size, root = excluded.root, note = excluded.note,
      at = excluded.at`.execute(tx)
}

export async function latestCheckpoint(db: Executor): Promise<StoredCheckpoint | undefined> {
  const answer = await sql<{ size: string; root: Digest; note: string; at: Date }>`
    select size, root, note, at from checkpoint`.execute(db)
  const row = answer.rows[0]
  return row && { size: Number(row.size), root: row.root, note: row.note, at: instant(row.at.getTime()) }
}

// --- rows -----------------------------------------------------------------------------------------------------------

interface Row {
  readonly seq: number
  readonly leaf: Buffer
  readonly nodes: Buffer
  readonly body: string
}

export async function rowsAt(db: Executor, where: ReturnType<typeof sql>): Promise<Row[]> {
  const answer = await sql<Omit<Row, 'seq'> & { seq: string }>`
    select seq, leaf, nodes, body from ledger where ${where} order by ledger.seq`.execute(db)
  return answer.rows.map((row) => ({ ...row, seq: Number(row.seq) }))
}

export function stored(row: Row): StoredEntry {
  const read = parseEntry(row.body)
  if (!read.ok) throw new SekishoError('ledger.damaged', { seq: row.seq, why: read.why })
  return { seq: row.seq, body: row.body, leaf: hex(row.leaf) as Digest, entry: read.entry }
}

/** The subtrees that entry `seq` completes, from the smallest: as many as `seq` has trailing zero bits. */
async function completedNodes(tx: Executor, seq: number, leaf: Hash): Promise<Buffer> {
  const lefts: Node[] = []
  for (let height = 0, at = seq; at % 2 === 0; height++, at /= 2) lefts.push({ height, index: at - 2 })
  const nodeAt = await nodesIn(tx, lefts)
  const nodes: Hash[] = []
  let hash = leaf
  for (const left of lefts) {
    hash = nodeHash(nodeAt(left), hash)
    nodes.push(hash)
  }
  return Buffer.concat(nodes)
}

async function rangeHashes(db: Executor, ranges: readonly Range[]): Promise<Hash[]> {
  const nodeAt = await nodesIn(db, ranges.flatMap(rangeNodes))
  return proof(ranges, nodeAt)
}

async function nodesIn(db: Executor, nodes: readonly Node[]): Promise<(node: Node) => Hash> {
  const wanted = [...new Set(nodes.map(lastOf))]
  if (wanted.length === 0) return nodesOf(new Map())
  const answer = await sql<NodeRow & { seq: string }>`
    select seq, leaf, nodes from ledger where seq = any(${wanted}::bigint[])`.execute(db)
  return nodesOf(new Map(answer.rows.map((row) => [Number(row.seq), row])))
}
