// The tokens that were given out, by digest. What is not here is no token.
import { type QueryExecutorProvider, sql } from 'kysely'
import { assert } from '../base/assert.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { type ActorId, isActorId } from '../base/id.ts'
import { type Instant, instant } from '../base/time.ts'
import type { TokenRow } from './token.ts'

/** A transaction or, for reading, any connection. */
type Executor = QueryExecutorProvider

/** Part of the first migration. Rows are never deleted: a token that was used stays explainable. */
export const IDENTITY_SCHEMA = `
create table token (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  actor text collate "C" not null check (actor ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  kind text not null check (kind in ('person', 'agent')),
  issued_by text collate "C" not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > issued_at and expires_at <= issued_at + interval '90 days'),
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index token_by_actor on token (actor) where revoked_at is null;
`

/** What the gate's role may do with these tables. */
export function identityGrants(role: string): string {
  return `
grant select, insert on token to ${role};
grant update (revoked_at, last_used_at) on token to ${role};
`
}

interface Row {
  readonly digest: string
  readonly actor: string
  readonly kind: 'person' | 'agent'
  readonly issued_by: string
  readonly issued_at: Date
  readonly expires_at: Date
  readonly revoked_at: Date | null
}

export async function saveToken(tx: Executor, row: TokenRow): Promise<void> {
  await sql`insert into token (digest, actor, kind, issued_by, issued_at, expires_at)
    values (${row.digest}, ${row.actor}, ${row.kind}, ${row.issuedBy}, ${row.issuedAt}, ${row.expiresAt})`.execute(
    tx,
  )
}

export async function findToken(db: Executor, digest: Digest): Promise<TokenRow | undefined> {
  const answer = await sql<Row>`select digest, actor, kind, issued_by, issued_at, expires_at, revoked_at
    from token where digest = ${digest}`.execute(db)
  const row = answer.rows[0]
  return row === undefined ? undefined : toToken(row)
}

/** Live tokens of an actor, newest first. */
export async function listTokens(db: Executor, actor: ActorId, now: Instant): Promise<readonly TokenRow[]> {
  const answer = await sql<Row>`select digest, actor, kind, issued_by, issued_at, expires_at, revoked_at
    from token where actor = ${actor} and revoked_at is null and expires_at > ${now} order by issued_at desc`.execute(
    db,
  )
  return answer.rows.map(toToken)
}

/** Twice is once: the first time stays. */
export async function revokeToken(tx: Executor, digest: Digest, at: Instant): Promise<boolean> {
  const answer =
    await sql`update token set revoked_at = ${at} where digest = ${digest} and revoked_at is null`.execute(tx)
  return (answer.numAffectedRows ?? 0n) > 0n
}

/** All live tokens of an actor: when it is paused, removed, or its token was seen where it should not be. */
export async function revokeTokensOf(tx: Executor, actor: ActorId, at: Instant): Promise<number> {
  const answer =
    await sql`update token set revoked_at = ${at} where actor = ${actor} and revoked_at is null`.execute(tx)
  return Number(answer.numAffectedRows ?? 0n)
}

export async function touchToken(tx: Executor, digest: Digest, at: Instant): Promise<void> {
  await sql`update token set last_used_at = ${at} where digest = ${digest}`.execute(tx)
}

function toToken(row: Row): TokenRow {
  assert(isDigest(row.digest), 'a stored token has a digest')
  assert(isActorId(row.actor) && isActorId(row.issued_by), 'a stored token names actors')
  return {
    digest: row.digest,
    actor: row.actor,
    kind: row.kind,
    issuedBy: row.issued_by,
    issuedAt: instant(row.issued_at.getTime()),
    expiresAt: instant(row.expires_at.getTime()),
    ...(row.revoked_at === null ? {} : { revokedAt: instant(row.revoked_at.getTime()) }),
  }
}
