// Who wrote a plan is proven to the runner, and not asserted by the gate. The attacker holds the gate and the keys of the real author,
// a person or an agent, and nobody else's: names anybody as author, requester and editors, signs whatever their own key can sign in any
// name, and sends along what others have signed for other plans. On random trees of people, agents and agents of agents.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from '../../src/base/hash.ts'
import type { ActorId, ChangeId } from '../../src/base/id.ts'
import { after } from '../../src/base/time.ts'
import { type CompiledPolicy, ROLES, type Role, type Rules, type Tier } from '../../src/plans/policy.ts'
import { judge } from '../../src/runner/judge/judge.ts'
import { type Envelope, envelopeDigest } from '../../src/seal/envelope.ts'
import type { Signed } from '../../src/seal/statement.ts'
import {
  approval,
  authored,
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

/** Two people at least; each agent works for a person or for another agent, and has a key or none. */
const anyPolicy = fc
  .record({
    roles: fc.array(fc.oneof(fc.constantFrom<Role[]>(['approver'], ['owner']), fc.subarray([...ROLES])), {
      minLength: 2,
      maxLength: 5,
    }),
    agents: fc.array(fc.record({ sponsor: fc.nat(9), hasKey: fc.boolean() }), { maxLength: 4 }),
    alone: fc.constantFrom<readonly Tier[] | undefined>(undefined, undefined, [1], [1, 2]),
    approvals: fc.constantFrom(1, 1, 2),
  })
  .map(({ roles, agents: wished, alone, approvals }) => {
    const people = names('p', roles.length)
    const agents = names('a', wished.length)
    const rules: Partial<Rules> = {
      tier2: { ...RULES.tier2, approvals },
      ...(alone === undefined ? {} : { alone: { afterSeconds: PAUSE, tiers: alone } }),
    }
    return policyOf({
      rules,
      people: people.map((id, i) => person(id, roles[i] ?? [])),
      agents: agents.map((id, i) => {
        // Whoever stands before it: a tree, which ends at a person.
        const above = [...people, ...people, ...agents.slice(0, i)]
        const { sponsor = 0, hasKey = false } = wished[i] ?? {}
        return {
          id,
          name: id,
          sponsor: above[sponsor % above.length] ?? (people[0] as ActorId),
          paused: false,
          ...(hasKey ? { keys: person(id, []).keys } : {}),
        }
      }),
    })
  })

type Replay = 'other plan' | 'other change' | 'other envelope' | 'altered'

const anyAttack = fc.record({
  policy: anyPolicy,
  real: fc.nat(20),
  author: fc.nat(20),
  requester: fc.nat(20),
  editors: fc.array(fc.nat(20), { maxLength: 2 }),
  /** In whose name the real author signs as the author, and approves. */
  authorNames: fc.array(fc.nat(20), { maxLength: 2 }),
  approverNames: fc.array(fc.nat(20), { maxLength: 2 }),
  /** Only in their own. */
  asThemselves: fc.boolean(),
  role: fc.constantFrom<Role>('approver', 'owner'),
  replays: fc.oneof(
    fc.constant<Replay[]>([]),
    fc.subarray<Replay>(['other plan', 'other change', 'other envelope', 'altered']),
  ),
  storedSecondsAgo: fc.constantFrom(PAUSE - 1, PAUSE + 60),
})
type Attack = typeof anyAttack extends fc.Arbitrary<infer T> ? T : never

const everybody = (policy: CompiledPolicy) => [...policy.people, ...policy.agents].map(({ id }) => id)
const pick = (from: readonly ActorId[], n: number) => from[n % from.length] as ActorId
const ascending = (ids: Iterable<ActorId>) => [...new Set(ids)].sort()

/** Said of this author as the policy says it: everything else the runner refuses as a lie. */
function sealed(
  policy: CompiledPolicy,
  author: ActorId,
  { requester, editors }: { requester: ActorId; editors: readonly ActorId[] },
): Envelope {
  const lineage: ActorId[] = [author]
  for (let sponsor = sponsorOf(author, policy); sponsor !== undefined; sponsor = sponsorOf(sponsor, policy))
    lineage.push(sponsor)
  const [, sponsor] = lineage
  return envelopeOf(planOf(), policy, {
    author,
    requester,
    ...(sponsor === undefined ? {} : { sponsor }),
    lineage: ascending(lineage),
    editors: ascending([author, ...editors]),
    approvals: { count: policy.rules.tier2.approvals, roles: ['approver'] },
  })
}
const sponsorOf = (id: ActorId, policy: CompiledPolicy) => policy.agents.find((one) => one.id === id)?.sponsor

const nonce = (i: number) => i.toString(16).padStart(32, '0')

/** Everything that the attacker can send: nothing in it was signed by anybody else for this plan. */
function statementsOf(attack: Attack, real: ActorId, envelope: Envelope): readonly Signed[] {
  const all = attack.asThemselves ? [real] : everybody(attack.policy)
  const other = attack.policy.people.find(({ id }) => id !== real)?.id as ActorId
  const replayed = {
    'other plan': sign(authored(envelope, { plan: sha256('other'), nonce: nonce(90) })),
    'other change': sign(authored(envelope, { change: 'CHG-2026-0009' as ChangeId, nonce: nonce(91) })),
    'other envelope': sign(approval(envelope, { approver: other, envelope: sha256('x'), nonce: nonce(92) })),
    // Signed over another plan, and this one written into it.
    altered: {
      ...sign(authored(envelope, { plan: sha256('other'), nonce: nonce(93) })),
      text: sign(authored(envelope, { nonce: nonce(93) })).text,
    },
  }
  return [
    ...attack.approverNames.map((n, i) =>
      sign(approval(envelope, { approver: pick(all, n), role: attack.role, nonce: nonce(10 + i) }), real),
    ),
    ...attack.authorNames.map((n, i) =>
      sign(authored(envelope, { approver: pick(all, n), nonce: nonce(20 + i) }), real),
    ),
    ...attack.replays.map((one) => replayed[one]),
  ]
}

function answered(
  attack: Pick<Attack, 'policy' | 'storedSecondsAgo'>,
  envelope: Envelope,
  statements: readonly Signed[],
) {
  const answer = judge(
    sceneOf({
      policy: attack.policy,
      envelope,
      statements: () => statements,
      authored: () => [],
      journal: { stored: new Map([[envelopeDigest(envelope), after(NOW, -attack.storedSecondsAgo * 1000)]]) },
    }),
  )
  return answer.ok ? (answer.accepted.solo ? 'alone' : 'together') : answer.code
}

test('N33: a gate under an attacker’s control names another author, and the real author approves nothing alone in a random tree of people and agents, but where one person alone may, which is stamped', () => {
  const seen = new Map<string, number>()
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  fc.assert(
    fc.property(anyAttack, (attack) => {
      const all = everybody(attack.policy)
      const real = pick(all, attack.real)
      const author = pick(all, attack.author)
      const told = {
        requester: pick(all, attack.requester),
        editors: attack.editors.map((n) => pick(all, n)),
      }
      const envelope = sealed(attack.policy, author, told)
      const isAgent = attack.policy.agents.some(({ id }) => id === real)
      const answer = answered(attack, envelope, statementsOf(attack, real, envelope))
      expect(answer).not.toBe('together')
      if (answer === 'alone') {
        // Only a person, only where one alone may: solo, or after the pause of policy.alone.
        const deciding = attack.policy.people.filter(({ roles }) =>
          roles.some((role) => role === 'approver' || role === 'owner'),
        )
        const mayAlone =
          deciding.length === 1 ||
          (attack.policy.rules.alone?.tiers.includes(2) === true && attack.storedSecondsAgo > PAUSE)
        expect({ mayAlone, isAgent }).toEqual({ mayAlone: true, isAgent: false })
      }
      count(answer)

      // The attack as it worked before: another person as the author, who knows of nothing, and the real one approves.
      const [victim] = attack.policy.people.filter(({ id }) => id !== real)
      if (victim === undefined) return
      const forged = sealed(attack.policy, victim.id, { requester: victim.id, editors: [] })
      const role = attack.policy.people.find(({ id }) => id === real)?.roles.includes('owner')
        ? 'owner'
        : 'approver'
      const own = sign(approval(forged, { approver: real, role, nonce: nonce(1) }))
      const forgery = answered(attack, forged, [own])
      expect(forgery).not.toBe('together')
      count(`forged: ${forgery}`)
      // Positive control: with the signature of who is named it is an ordinary change, approved by another person.
      count(`signed: ${answered(attack, forged, [own, sign(authored(forged, { nonce: nonce(2) }))])}`)
    }),
    { numRuns: 500 },
  )
  // The search has found all of them, or it has shown nothing.
  for (const what of [
    'approval.author_unsigned',
    'forged: alone',
    'forged: approval.author_unsigned',
    'signed: together',
  ])
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(5)
})
