// X03: the refusal of an own change is one function's, for every door, and the runner comes to the same answer by itself.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Digest } from '../../src/base/hash.ts'
import { type ActorId, isActorId, type ServiceName } from '../../src/base/id.ts'
import { after, type Instant } from '../../src/base/time.ts'
import { ENDS, TRANSITIONS } from '../../src/change/change.ts'
import type { ChangeState } from '../../src/contract/change.ts'
import { PERMISSIONS } from '../../src/contract/operations.ts'
import { actorOf } from '../../src/identity/actor.ts'
import { may, type Subject } from '../../src/identity/permission.ts'
import { deadEnds, type WayOut } from '../../src/identity/solo.ts'
import { type CompiledPolicy, holdsRole, ROLES } from '../../src/plans/policy.ts'
import { readPolicy } from '../../src/policy/read.ts'
import { enough, type VerifySignature } from '../../src/seal/enough.ts'
import { type Envelope, envelopeDigest } from '../../src/seal/envelope.ts'
import { lineageOf } from '../../src/seal/lineage.ts'
import { type Statement, statementText } from '../../src/seal/statement.ts'

const now = '2026-11-25T13:00:00.000Z' as Instant
const mirai = 'mirai' as ServiceName
const digest = 'a'.repeat(64) as Digest

/** Public keys whose bytes are a number: nobody signs with them here, the signature is handed in. */
function publicKey(n: number): string {
  const blob = Buffer.concat([
    Buffer.from([0, 0, 0, 11]),
    Buffer.from('ssh-ed25519'),
    Buffer.from([0, 0, 0, 32]),
    // A point of the curve: what is no point is refused. Ours are base points that ssh-keygen made.
    Buffer.from(POINTS[n % POINTS.length] ?? '', 'hex'),
  ])
  return `ssh-ed25519 ${blob.toString('base64')}`
}
const POINTS = readFileSync(new URL('../policy/points.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')

/** A policy as people write it, compiled by the product: roles of up to five people, and agents with their sponsors. */
function compiled(
  roles: readonly (readonly string[])[],
  sponsors: readonly number[],
): CompiledPolicy | undefined {
  const people = roles.map((held, i) => `  p${i}: { roles: [${held.join(', ')}], keys: ["${publicKey(i)}"] }`)
  const agents = sponsors.map((sponsor, i) => `  a${i}: { sponsor: p${sponsor % roles.length} }`)
  const text = [
    'lang: en',
    'services:',
    '  mirai: {}',
    'people:',
    ...people,
    ...(agents.length > 0 ? ['agents:', ...agents] : []),
  ].join('\n')
  const read = readPolicy(text)
  return read.ok ? read.compiled.runner : undefined
}

const anyPolicy = fc
  .record({
    roles: fc.array(fc.subarray([...ROLES]), { minLength: 1, maxLength: 5 }),
    sponsors: fc.array(fc.nat(4), { maxLength: 4 }),
  })
  .map(({ roles, sponsors }) => compiled(roles, sponsors))
  .filter((policy) => policy !== undefined)

function envelopeOf(author: ActorId, policy: CompiledPolicy, editors: readonly ActorId[] = []): Envelope {
  const sponsor = policy.agents.find(({ id }) => id === author)?.sponsor
  return {
    v: 1,
    change: 'CHG-2026-0001' as Envelope['change'],
    revision: 1,
    host: 'local',
    service: mirai,
    class: 'normal',
    tier: 2,
    plan: digest,
    diff: digest,
    baseline: [],
    evidence: [],
    waivers: [],
    policy: digest,
    playbook: 'config/1',
    approvals: { count: 1, roles: ['approver', 'owner'] },
    requester: author,
    author,
    ...(sponsor === undefined ? {} : { sponsor }),
    lineage: lineageOf(author, policy),
    editors: [...new Set([author, ...editors])].sort(),
    instruction: digest,
    notification: 'not_needed',
    sealedAt: now,
    expires: after(now, 3_600_000),
  }
}

const KEY = { public: 'ssh-ed25519 AAAA', class: 'file', revoked: false, demo: false } as const

/** What the runner says of this person's signature over this envelope, which its author has signed too. */
function runnerAccepts(approver: ActorId, envelope: Envelope, policy: CompiledPolicy): boolean {
  const person = policy.people.find(({ id }) => id === approver)
  const role = (['approver', 'owner'] as const).find(
    (one) => person !== undefined && holdsRole(person, [one], mirai),
  )
  const statement: Statement = {
    v: 1,
    type: 'approve',
    change: envelope.change,
    envelope: envelopeDigest(envelope),
    shown: digest,
    approver,
    role: role ?? 'approver',
    nonce: '0'.repeat(32),
    at: now,
    expires: after(now, 600_000),
  }
  const { author } = envelope
  const written: Statement = {
    v: 1,
    type: 'author',
    change: envelope.change,
    plan: envelope.plan,
    approver: author,
    role: 'author',
    nonce: '1'.repeat(32),
    at: now,
    expires: after(now, 600_000),
  }
  // The signature names the key that made it.
  const verify: VerifySignature = (fingerprint) => ({ ok: true, publicKey: 'x', fingerprint })
  const of = (id: ActorId) => `SHA256:${id}`
  const key = (id: ActorId) => ({ ...KEY, fingerprint: of(id) })
  const held: CompiledPolicy = {
    ...policy,
    people: policy.people.map((one) => ({ ...one, keys: [key(one.id)] })),
    agents: policy.agents.map((one) => ({ ...one, keys: [key(one.id)] })),
  }
  const signed = [statement, written].map((one) => ({
    text: statementText(one),
    signature: of(one.approver),
  }))
  return enough(signed, envelope, envelopeDigest(envelope), held, now, verify).ok
}

describe('part of X03: self-approval refused', () => {
  test('part of X03: the gate and the runner agree on every approver of every author, whoever else edited, in random teams', () => {
    let allowed = 0
    let refusedOnes = 0
    fc.assert(
      fc.property(anyPolicy, fc.array(fc.nat(9), { maxLength: 2 }), (policy, hands) => {
        const names = [...policy.people, ...policy.agents].map(({ id }) => id)
        const others = hands.map((one) => names[one % names.length]).filter((one) => one !== undefined)
        for (const author of names)
          for (const approver of names) {
            const actor = actorOf(approver, policy)
            if (actor === undefined) throw new Error(approver)
            const subject: Subject = {
              kind: 'change',
              service: mirai,
              requester: author,
              author,
              editors: [...others, author],
            }
            const gate = may(actor, 'change.approve', subject, policy).verdict === 'allow'
            expect(gate).toBe(runnerAccepts(approver, envelopeOf(author, policy, others), policy))
            if (gate) allowed += 1
            else refusedOnes += 1
          }
      }),
      { numRuns: 500 },
    )
    expect(allowed).toBeGreaterThan(100)
    expect(refusedOnes).toBeGreaterThan(100)
  })

  test('part of X03: an agent is refused by its own name, by its sponsor’s sub-agent, and by a name that is only like a person’s', () => {
    const policy = compiled([['owner'], ['approver']], [0, 0])
    if (policy === undefined) throw new Error('no policy')
    for (const name of ['a0', 'a1']) {
      if (!isActorId(name)) throw new Error(name)
      const actor = actorOf(name, policy)
      if (actor === undefined) throw new Error(name)
      const subject: Subject = { kind: 'change', service: mirai, requester: name, author: name }
      expect(may(actor, 'change.approve', subject, policy)).toMatchObject({ code: 'agent.never_approves' })
      expect(may({ kind: 'person', id: name }, 'change.approve', subject, policy)).toMatchObject({
        code: 'actor.unknown',
      })
      expect(runnerAccepts(name, envelopeOf(name, policy), policy)).toBe(false)
    }
  })

  test('part of X03: from every state of a change one person alone reaches an end, also of their agent’s change', () => {
    const policy = compiled([['owner']], [0])
    const me = policy?.people[0]?.id
    const agent = policy?.agents[0]?.id
    if (policy === undefined || me === undefined || agent === undefined) throw new Error('no policy')
    const states = Object.keys(TRANSITIONS) as ChangeState[]
    const machine = {
      states,
      ends: ENDS,
      out: (state: ChangeState) => Object.values(TRANSITIONS[state]).map(wayOut),
    }
    const person = { kind: 'person', id: me } as const
    for (const author of [me, agent]) {
      const subject: Subject = { kind: 'change', service: mirai, requester: me, author, editors: [author] }
      expect(
        deadEnds(machine, (operation) => may(person, operation, subject, policy).verdict === 'allow'),
      ).toEqual([])
      // The agent alone gets stuck where a person must say so: the search can find something.
      const stuck = deadEnds(
        machine,
        (operation) =>
          may({ kind: 'agent', id: agent, sponsor: me }, operation, subject, policy).verdict === 'allow' &&
          operation !== 'change.withdraw',
      )
      expect(stuck).not.toEqual([])
    }
  })
})

/** `sekisho change approve ID` is the operation change.approve; what nobody types is gate's or runner's. */
function wayOut({ to, type }: { readonly to: ChangeState; readonly type?: string }): WayOut<ChangeState> {
  const verb = /^sekisho change ([a-z]+) /.exec(type ?? '')?.[1]
  const operation = PERMISSIONS.find((one) => one === `change.${verb}`)
  if (type !== undefined && operation === undefined) throw new Error(`no operation for ${type}`)
  return operation === undefined ? { to } : { to, operation }
}
