import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Digest } from '../base/hash.ts'
import type { ActorId } from '../base/id.ts'
import { after, type Instant } from '../base/time.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { actorOfToken, issueToken, newToken, parseToken, tokenDigest } from './token.ts'

const random = { bytes: (size: number) => randomBytes(size) }
const now = '2026-11-25T13:00:00.000Z' as Instant
const ops1 = 'ops1' as ActorId
const claude = 'claude' as ActorId
const ops2 = 'ops2' as ActorId
const key = 'SHA256:abc'
const person = (id: ActorId, role: string, revoked = false) => ({
  id,
  name: id,
  roles: [role],
  services: [],
  keys: [{ fingerprint: key, revoked }],
})
const rules = {
  people: [person(ops1, 'owner'), person(ops2, 'approver')],
  agents: [{ id: claude, name: 'claude', sponsor: ops1, paused: false }],
} as unknown as CompiledPolicy

describe('a token', () => {
  test('comes back as it was made, and only its SHA-256 is kept', () => {
    const { token, row } = issueToken({ kind: 'person', id: ops1 }, ops1, now, random)
    expect(token).toMatch(/^skp_[A-Za-z0-9_-]{43}[0-9a-f]{8}$/)
    expect(parseToken(token)).toBe(token)
    expect(row.digest).toBe(createHash('sha256').update(token).digest('hex'))
    expect(JSON.stringify(row)).not.toContain(token.slice(4, 20))
    expect(Object.keys(row)).not.toContain('scopes')
  })

  test('is not another one with a letter changed, cut or added', () => {
    fc.assert(
      fc.property(fc.nat(54), fc.constantFrom(...'abcXYZ019_-'.split('')), (at, letter) => {
        const token = newToken(random)
        const other = token.slice(0, at) + letter + token.slice(at + 1)
        if (other !== token) expect(parseToken(other)).toBeUndefined()
        expect(parseToken(token.slice(0, at))).toBeUndefined()
        expect(parseToken(`${token}${letter}`)).toBeUndefined()
        expect(parseToken(`${token}\n`)).toBeUndefined()
      }),
    )
  })

  test('any text is no token, and says so without a fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        expect(parseToken(text)).toBeUndefined()
      }),
    )
  })

  test('two are never the same', () => {
    const many = new Set(Array.from({ length: 1000 }, () => tokenDigest(newToken(random))))
    expect(many.size).toBe(1000)
  })
})

describe('whose token it is', () => {
  const { row } = issueToken({ kind: 'agent', id: claude, sponsor: ops1 }, ops1, now, random)
  const { row: mine } = issueToken({ kind: 'person', id: ops1 }, ops1, now, random)

  test('a person or an agent with its sponsor', () => {
    expect(actorOfToken(mine, now, rules, key)).toEqual({ ok: true, actor: { kind: 'person', id: ops1 } })
    expect(actorOfToken(row, now, rules, undefined)).toEqual({
      ok: true,
      actor: { kind: 'agent', id: claude, sponsor: ops1 },
    })
  })

  test.each([
    ['unknown', undefined, now, 'token.not_valid'],
    ['revoked', { ...row, revokedAt: now }, now, 'token.not_valid'],
    ['expired', row, row.expiresAt, 'token.not_valid'],
    ['of a name that is gone', { ...row, actor: 'gone' as ActorId }, now, 'actor.unknown'],
    ['of an agent that is a person now', { ...row, actor: ops1 }, now, 'actor.unknown'],
  ] as const)('%s: refused', (_, of, at, code) => {
    expect(actorOfToken(of, at, rules, key)).toMatchObject({ ok: false, code })
  })

  test.each([
    ['it is not known', { people: rules.people }, undefined],
    ['it was taken out', { people: [{ ...person(ops1, 'owner'), keys: [] }] }, key],
    ['it is revoked', { people: [person(ops1, 'owner', true)] }, key],
    ['it is another one’s', { people: rules.people }, 'SHA256:other'],
  ])('a login ends with the key that made it: %s', (_, people, by) => {
    expect(actorOfToken(mine, now, { ...rules, ...people } as unknown as CompiledPolicy, by)).toMatchObject({
      ok: false,
      code: 'token.not_valid',
    })
  })

  test('an agent’s token ends when who issued it is neither its sponsor nor an owner', () => {
    const of = (sponsor: ActorId, role: string) =>
      actorOfToken(
        row,
        now,
        {
          ...rules,
          people: [person(ops1, role), person(ops2, 'approver')],
          agents: [{ ...rules.agents[0], sponsor }],
        } as unknown as CompiledPolicy,
        undefined,
      )
    expect(of(ops1, 'approver').ok).toBe(true)
    expect(of(ops2, 'owner').ok).toBe(true)
    expect(of(ops2, 'approver')).toMatchObject({ ok: false, code: 'actor.unknown' })
  })

  test('a person has it for eight hours, nobody for more than 90 days', () => {
    expect(mine.expiresAt).toBe(after(now, 8 * 3_600_000))
    const long = issueToken({ kind: 'agent', id: claude, sponsor: ops1 }, ops1, now, random, 1e12)
    expect(long.row.expiresAt).toBe(after(now, 90 * 86_400_000))
  })

  test('a digest is no token', () => {
    expect(parseToken(mine.digest as Digest)).toBeUndefined()
  })
})
