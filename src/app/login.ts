// Who is at the keyboard: a challenge signed with an enrolled key gives a token that reads and proposes, and decides nothing.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { type ActorId, isActorId } from '../base/id.ts'
import { canonical, isObject, JsonError, parseCanonical } from '../base/json.ts'
import { verifySshSignature } from '../base/sign.ts'
import { after, type Instant, milliseconds, randomHex } from '../base/time.ts'
import { write } from '../db/tx.ts'
import type { Actor } from '../identity/actor.ts'
import { findToken, revokeToken, saveToken, touchToken } from '../identity/store.ts'
import { actorOfToken, issueToken, parseToken, tokenDigest } from '../identity/token.ts'
import { agentOf, personOf } from '../plans/policy.ts'
import { readLatest } from '../record/store.ts'
import { administering, allow } from './authorize.ts'
import { act, type Gate, now } from './gate.ts'
import { must } from './must.ts'
import { saveChallenge, takeChallenge } from './store.ts'

/** Another namespace than statements: a login can never be read as a decision, nor a decision as a login. */
export const LOGIN_NAMESPACE = 'sekisho-login'
const CHALLENGE_MS = 5 * 60_000
const TOUCH_MS = 60_000

export interface Issued {
  readonly token: string
  readonly actor: ActorId
  readonly kind: 'person' | 'agent'
  readonly expires: Instant
}

/** The same answer for names that are unknown: who is enrolled is nobody's business here. */
export async function startLogin(
  gate: Gate,
  person: string,
): Promise<{ challenge: string; expires: Instant }> {
  const expires = after(now(gate), CHALLENGE_MS)
  const challenge = canonical({
    v: 1,
    type: 'login',
    gate: gate.policy().name,
    person,
    nonce: randomHex(gate.random, 16),
    expires,
  })
  await write(gate.db, (tx) => saveChallenge(tx, challenge, person, now(gate), expires))
  return { challenge, expires }
}

export async function finishLogin(
  gate: Gate,
  input: { readonly challenge: string; readonly signature: string },
): Promise<Issued> {
  const policy = gate.policy()
  const taken = await write(gate.db, (tx) => takeChallenge(tx, input.challenge))
  if (
    taken === undefined ||
    milliseconds(now(gate)) > milliseconds(taken.expires) ||
    !isChallenge(input.challenge)
  )
    throw new SekishoError('login.challenge_unknown')
  const refusedWith = (why: string) => new SekishoError('login.key_refused', { person: taken.person, why })
  const person = isActorId(taken.person) ? personOf(policy, taken.person) : undefined
  const verdict = verifySshSignature(input.signature, Buffer.from(input.challenge), LOGIN_NAMESPACE)
  if (!verdict.ok) throw refusedWith(verdict.why)
  const key = person?.keys.find((one) => one.fingerprint === verdict.fingerprint)
  if (person === undefined || key === undefined) throw refusedWith(verdict.fingerprint)
  if (key.revoked) throw refusedWith('revoked')
  return issue(gate, { kind: 'person', id: person.id }, person.id, { fingerprint: key.fingerprint })
}

/** With an enrolled key of the person whom the challenge names, whether it was given out or not. */
export function isSignedByItsPerson(
  gate: Gate,
  { challenge, signature }: { readonly challenge: string; readonly signature: string },
): boolean {
  const named = personIn(challenge)
  const person = isActorId(named) ? personOf(gate.policy(), named) : undefined
  if (person === undefined) return false
  const verdict = verifySshSignature(signature, Buffer.from(challenge), LOGIN_NAMESPACE)
  return verdict.ok && person.keys.some((one) => one.fingerprint === verdict.fingerprint && !one.revoked)
}

const isChallenge = (text: string) => personIn(text) !== undefined

/** Of a text to sign for a login; undefined: it is none. */
function personIn(text: string): unknown {
  try {
    const value = parseCanonical(text)
    return isObject(value) && value['type'] === 'login' ? value['person'] : undefined
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

async function issue(
  gate: Gate,
  actor: Exclude<Actor, { kind: 'timer' }>,
  by: ActorId,
  detail: { readonly fingerprint?: string },
): Promise<Issued> {
  const { token, row } = issueToken(actor, by, now(gate), gate.random)
  await act(gate, by, async (step) => {
    await saveToken(step.tx, row)
    const payload = { of: actor.id, kind: actor.kind, token: row.digest, expires: row.expiresAt, ...detail }
    await step.record('token.issued', 'token', payload)
  })
  return { token, actor: actor.id, kind: actor.kind, expires: row.expiresAt }
}

/** For an agent, by its sponsor or an owner; shown once. */
export async function agentLogin(gate: Gate, actor: Actor, agent: string): Promise<Issued> {
  const policy = gate.policy()
  const found = isActorId(agent) ? agentOf(policy, agent) : undefined
  if (found === undefined) throw new SekishoError('actor.unknown', { actor: agent })
  allow(gate, actor, 'token.issue', { kind: 'token', of: found.id })
  if (actor.kind !== 'person')
    throw new SekishoError('agent.never_administers', administering(actor, 'token.issue'))
  return issue(gate, { kind: 'agent', id: found.id, sponsor: found.sponsor }, actor.id, {})
}

/** As many logins as are looked through for one: more than a working day sees. */
const LOGINS = 5000
const loginKeys = new WeakMap<Gate, Map<string, string>>()

/** The key that a login was signed with stands on the record alone; it never changes, and is looked up once. */
async function keyOfLogin(gate: Gate, digest: Digest): Promise<string | undefined> {
  const known = loginKeys.get(gate) ?? new Map<string, string>()
  loginKeys.set(gate, known)
  if (known.get(digest) === undefined) {
    if (known.size > 10_000) known.clear()
    const issued = await readLatest(gate.db, { kind: 'token.issued', subject: 'token', limit: LOGINS })
    const { payload } = issued.find(({ entry }) => entry.payload['token'] === digest)?.entry ?? {}
    if (typeof payload?.['fingerprint'] === 'string') known.set(digest, payload['fingerprint'])
  }
  return known.get(digest)
}

const touched = new WeakMap<Gate, Map<string, number>>()

/** Whose bearer token this is, now. Throws `token.missing`, `token.not_valid`, `actor.unknown`. */
export async function whoAsks(
  gate: Gate,
  header: string | undefined,
): Promise<Exclude<Actor, { kind: 'timer' }>> {
  const [, text] = /^Bearer ([A-Za-z0-9_-]{1,200})$/.exec(header ?? '') ?? []
  if (text === undefined) throw new SekishoError('token.missing')
  const token = parseToken(text)
  if (token === undefined) throw new SekishoError('token.not_valid')
  const digest = tokenDigest(token)
  const row = await findToken(gate.db, digest)
  const key = row?.kind === 'person' ? await keyOfLogin(gate, digest) : undefined
  const { actor } = must(actorOfToken(row, now(gate), gate.policy(), key))
  await touch(gate, digest)
  return actor
}

/** When a token was last used is kept to the minute, so that reading does not become writing. */
async function touch(gate: Gate, digest: ReturnType<typeof tokenDigest>): Promise<void> {
  const seen = touched.get(gate) ?? new Map<string, number>()
  touched.set(gate, seen)
  const at = gate.clock.now()
  if (at - (seen.get(digest) ?? 0) < TOUCH_MS) return
  if (seen.size > 10_000) seen.clear()
  seen.set(digest, at)
  await touchToken(gate.db, digest, now(gate)).catch((error: unknown) => {
    gate.log.warn({ why: String(error) }, 'the last use of a token was not written')
  })
}

export async function logout(gate: Gate, actor: Actor, header: string | undefined): Promise<void> {
  if (actor.kind === 'timer') return
  allow(gate, actor, 'token.revoke', { kind: 'token', of: actor.id })
  const token = parseToken((header ?? '').slice('Bearer '.length))
  if (token === undefined) throw new SekishoError('token.not_valid')
  await act(gate, actor.id, async (step) => {
    const digest = tokenDigest(token)
    if (await revokeToken(step.tx, digest, step.at))
      await step.record('token.revoked', 'token', { of: actor.id, token: digest })
  })
}
