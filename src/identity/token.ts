// Tokens say who is at the keyboard, and nothing else: there is no scope in them, and so none that approves. Only the SHA-256 is kept.
import { type Answer, refused } from '../base/error.ts'
import { type Digest, sameDigest, sha256 } from '../base/hash.ts'
import type { ActorId } from '../base/id.ts'
import { after, type Instant, milliseconds, type Random } from '../base/time.ts'
import { type CompiledPolicy, personOf } from '../plans/policy.ts'
import { type Actor, actorOf } from './actor.ts'

/** `skp_`, 32 random bytes in base64url, eight hex digits of a checksum: a mistyped or cut token is known without a look-up. */
export type Token = string & { readonly token: unique symbol }

const TOKEN = /^skp_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/
const HOUR = 3_600_000

/** A working day of eight hours for people, a month for agents; never more than 90 days. */
export const TOKEN_LIFE_MS = { person: 8 * HOUR, agent: 30 * 24 * HOUR } as const
export const TOKEN_LIFE_MOST_MS = 90 * 24 * HOUR

/** What is kept of a token; the token itself is shown once. */
export interface TokenRow {
  readonly digest: Digest
  readonly actor: ActorId
  readonly kind: 'person' | 'agent'
  /** Who asked for it: the person, the sponsor, an owner. */
  readonly issuedBy: ActorId
  readonly issuedAt: Instant
  readonly expiresAt: Instant
  readonly revokedAt?: Instant
}

export function newToken(random: Random): Token {
  const body = Buffer.from(random.bytes(32)).toString('base64url')
  return `skp_${body}${checksum(body)}` as Token
}

function checksum(body: string): string {
  return sha256(`sekisho-token-v1\0${body}`).slice(0, 8)
}

/** Undefined for what cannot be a token of ours. */
export function parseToken(text: string): Token | undefined {
  const [, body, sum] = TOKEN.exec(text) ?? []
  return body !== undefined && sum !== undefined && sameDigest(sum, checksum(body))
    ? (text as Token)
    : undefined
}

export function tokenDigest(token: Token): Digest {
  return sha256(token)
}

/** A new token and the row to keep. `lifeMs` is cut to the longest life there is. */
export function issueToken(
  actor: Actor & { readonly kind: 'person' | 'agent' },
  issuedBy: ActorId,
  now: Instant,
  random: Random,
  lifeMs: number = TOKEN_LIFE_MS[actor.kind],
): { readonly token: Token; readonly row: TokenRow } {
  const token = newToken(random)
  const row = {
    digest: tokenDigest(token),
    actor: actor.id,
    kind: actor.kind,
    issuedBy,
    issuedAt: now,
    expiresAt: after(now, Math.min(lifeMs, TOKEN_LIFE_MOST_MS)),
  }
  return { token, row }
}

/**
 * Whose token this is, now and under this policy: a name that was removed, or changed its kind, has no token any more; nor has a person
 * whose key, with which they logged in, is gone or revoked, nor an agent whose token was issued by somebody who is neither its sponsor nor
 * an owner now. `key`: the fingerprint that the login of a person was signed with.
 */
export function actorOfToken(
  row: TokenRow | undefined,
  now: Instant,
  policy: CompiledPolicy,
  key: string | undefined,
): Answer<{ readonly actor: Actor & { readonly kind: 'person' | 'agent' } }> {
  if (row === undefined) return refused('token.not_valid', { why: 'unknown' })
  if (row.revokedAt !== undefined) return refused('token.not_valid', { why: 'revoked', at: row.revokedAt })
  if (milliseconds(now) >= milliseconds(row.expiresAt))
    return refused('token.not_valid', { why: 'expired', at: row.expiresAt })
  const actor = actorOf(row.actor, policy)
  if (actor === undefined || actor.kind === 'timer' || actor.kind !== row.kind)
    return refused('actor.unknown', { actor: row.actor })
  if (actor.kind === 'person') {
    const enrolled = personOf(policy, actor.id)?.keys.find(({ fingerprint }) => fingerprint === key)
    return enrolled === undefined || enrolled.revoked
      ? refused('token.not_valid', { why: 'key' })
      : { ok: true, actor }
  }
  const mayIssue =
    row.issuedBy === actor.sponsor || personOf(policy, row.issuedBy)?.roles.includes('owner') === true
  return mayIssue ? { ok: true, actor } : refused('actor.unknown', { actor: row.actor })
}
