// Separation of duties by lineage, on random trees of people, agents and agents of agents. The model below computes lineage by itself,
// from sets, and says of every envelope and every set of signers what the runner must answer.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ActorId } from '../../src/base/id.ts'
import { after } from '../../src/base/time.ts'
import { type CompiledPolicy, ROLES, type Role, type Rules, type Tier } from '../../src/plans/policy.ts'
import { judge } from '../../src/runner/judge/judge.ts'
import { type Envelope, envelopeDigest } from '../../src/seal/envelope.ts'
import {
  approval,
  envelopeOf,
  NOW,
  person,
  planOf,
  policyOf,
  RULES,
  sceneOf,
  sign,
} from '../runner-fixtures/scene.ts'

const PAUSE = 900
const names = (of: string, many: number) => Array.from({ length: many }, (_, i) => `${of}${i}` as ActorId)

/** Roles of people, and for each agent whom it works for: a person, another agent, itself in a circle, or nobody there is. */
const anyPolicy = fc
  .record({
    roles: fc.array(fc.oneof(fc.constantFrom<Role[]>(['approver'], ['owner']), fc.subarray([...ROLES])), {
      minLength: 1,
      maxLength: 5,
    }),
    sponsors: fc.array(fc.nat(11), { maxLength: 5 }),
    alone: fc.constantFrom<readonly Tier[] | undefined>(undefined, [1], [2], [1, 2]),
    approvals: fc.constantFrom(1, 1, 2),
  })
  .map(({ roles, sponsors, alone, approvals }) => {
    const people = names('p', roles.length)
    const agents = names('a', sponsors.length)
    // People stand there twice, so that most trees end at one.
    const answering = [...people, ...people, ...agents, 'nobody' as ActorId]
    const rules: Partial<Rules> = {
      tier2: { ...RULES.tier2, approvals },
      ...(alone === undefined ? {} : { alone: { afterSeconds: PAUSE, tiers: alone } }),
    }
    return policyOf({
      rules,
      people: people.map((id, i) => person(id, roles[i] ?? [])),
      agents: agents.map((id, i) => ({
        id,
        name: id,
        sponsor: answering[(sponsors[i] ?? 0) % answering.length] ?? id,
        paused: false,
        keys: person(id, []).keys,
      })),
    })
  })

/** Whoever an actor works for, and itself: closed step by step until nothing is added. */
function closure(id: ActorId, policy: CompiledPolicy): Set<ActorId> {
  const found = new Set([id])
  for (let size = 0; size !== found.size; ) {
    size = found.size
    for (const { id: agent, sponsor } of policy.agents) if (found.has(agent)) found.add(sponsor)
  }
  return found
}
const isPerson = (id: ActorId, policy: CompiledPolicy) => policy.people.some((one) => one.id === id)
const isKnown = (id: ActorId, policy: CompiledPolicy) =>
  [...closure(id, policy)].some((one) => isPerson(one, policy))
const ascending = (ids: Iterable<ActorId>) => [...new Set(ids)].sort()

interface Case {
  readonly policy: CompiledPolicy
  readonly envelope: Envelope
  readonly isHonest: boolean
  readonly signers: readonly ActorId[]
  readonly storedSecondsAgo: number
  readonly rejected: boolean
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    policy: anyPolicy,
    author: fc.nat(40),
    requester: fc.nat(40),
    others: fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat(40), { maxLength: 2 })),
    lie: fc.constantFrom('none', 'none', 'none', 'sponsor', 'no sponsor', 'lineage', 'editors'),
    liar: fc.nat(40),
    signing: fc.array(fc.constantFrom(true, false, false), { minLength: 5, maxLength: 5 }),
    storedSecondsAgo: fc.constantFrom(PAUSE - 1, PAUSE + 60),
    rejected: fc.boolean(),
  })
  .map(({ policy, author: a, requester, others, lie, liar, signing, storedSecondsAgo, rejected }) => {
    const known = [...policy.people, ...policy.agents].map(({ id }) => id)
    // Now and then somebody who does not exist.
    const who = (n: number) => (n === 40 ? ('ghost' as ActorId) : (known[n % known.length] as ActorId))
    const author = who(a)
    const sponsor = policy.agents.find(({ id }) => id === author)?.sponsor
    const honest = {
      author,
      requester: who(requester),
      ...(sponsor === undefined ? {} : { sponsor }),
      lineage: ascending(closure(author, policy)),
      editors: ascending([author, ...others.map(who)]),
    }
    const told = {
      ...honest,
      ...(lie === 'sponsor' ? { sponsor: who(liar) } : {}),
      ...(lie === 'lineage' ? { lineage: [who(liar)] } : {}),
      ...(lie === 'editors' ? { editors: honest.editors.filter((one) => one !== author) } : {}),
    }
    if (lie === 'no sponsor') delete told.sponsor
    const { approvals } = policy.rules.tier2
    return {
      policy,
      envelope: envelopeOf(planOf(), policy, {
        ...told,
        approvals: { count: approvals, roles: ['approver'] },
      }),
      isHonest: JSON.stringify(told) === JSON.stringify(honest),
      signers: policy.people.filter((_, i) => signing[i] === true).map(({ id }) => id),
      storedSecondsAgo,
      rejected,
    }
  })

const mayDecide = (id: ActorId, policy: CompiledPolicy) =>
  policy.people.some(
    (one) => one.id === id && one.roles.some((role) => role === 'approver' || role === 'owner'),
  )

/** Is this person of the lineage of anybody who wrote it, and not the sponsor of an untouched change? */
function isBarred(id: ActorId, { editors }: Envelope, policy: CompiledPolicy): boolean {
  if (editors.includes(id)) return true
  const worksFor = editors.map((one) => closure(one, policy).has(id))
  return worksFor.includes(true) && worksFor.includes(false)
}

function expected({
  policy,
  envelope,
  isHonest,
  signers,
  storedSecondsAgo,
  rejected,
}: Case): 'no' | 'together' | 'alone' {
  const named = [envelope.author, envelope.requester, ...envelope.editors]
  if (!isHonest || !named.every((one) => isKnown(one, policy))) return 'no'
  if (signers.length === 0 || !signers.every((one) => mayDecide(one, policy))) return 'no'
  const eligible = policy.people.filter(({ id }) => mayDecide(id, policy))
  const { tier2, alone } = policy.rules
  // What was sealed was read: of two approvals one is not enough, also where one person is left.
  if (eligible.length === 1) return envelope.approvals.count <= 1 ? 'alone' : isOpen() ? 'alone' : 'no'
  if (signers.length >= tier2.approvals && !signers.some((one) => isBarred(one, envelope, policy)))
    return 'together'
  return isOpen() ? 'alone' : 'no'

  function isOpen(): boolean {
    return alone?.tiers.includes(2) === true && storedSecondsAgo > PAUSE && !rejected
  }
}

const nonce = (i: number) => i.toString(16).padStart(32, '0')

test('N13: nobody of the lineage of an author approves in a random tree of people and agents, but the sponsor of an untouched change, and one person alone, which is stamped', () => {
  const seen = { no: 0, together: 0, alone: 0, sponsor: 0 }
  fc.assert(
    fc.property(anyCase, (one) => {
      const { policy, envelope, signers } = one
      const answer = judge(
        sceneOf({
          policy,
          envelope,
          statements: () =>
            signers.map((approver, i) => {
              const roles = policy.people.find(({ id }) => id === approver)?.roles ?? []
              const role = roles.includes('approver')
                ? 'approver'
                : (roles.find((held) => held === 'owner') ?? roles[0])
              return sign(approval(envelope, { approver, role: role ?? 'approver', nonce: nonce(i) }))
            }),
          journal: {
            stored: new Map([[envelopeDigest(envelope), after(NOW, -one.storedSecondsAgo * 1000)]]),
            rejected: new Set(one.rejected ? [envelopeDigest(envelope)] : []),
          },
        }),
      )
      const found = answer.ok ? (answer.accepted.solo ? 'alone' : 'together') : 'no'
      expect({ found, code: answer.ok ? '' : answer.code }).toMatchObject({ found: expected(one) })
      seen[found] += 1
      if (found === 'together' && signers.some((id) => closure(envelope.author, policy).has(id)))
        seen.sponsor += 1
    }),
    { numRuns: 1500 },
  )
  // The search has found all of them, or it has shown nothing.
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(5)
})
