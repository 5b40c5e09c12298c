// A plan that repairs a service that is down: what the runner must have read itself before it drops the assertion of health.
import { expect, test } from 'vitest'
import {
  envelopeOf,
  NOW,
  PROBE,
  playbookPlan,
  policyOf,
  sceneOf,
  trialOf,
} from '../../../tests/runner-fixtures/scene.ts'
import { after } from '../../base/time.ts'
import type { Plan } from '../../plans/plan.ts'
import { evidenceDigest, type TrialCheck } from '../../seal/journal.ts'
import { judge } from './judge.ts'
import type { PreFacts } from './pre.ts'

const policy = policyOf()
const declared = { ...policy, services: policy.services.map((one) => ({ ...one, health: PROBE })) }
const repair = playbookPlan(declared, { down: true })

/** What the judge answers where the trial and the start read health like this. */
function judged(
  tried: TrialCheck['verdict'] | 'not asked',
  now: PreFacts['health'],
  { plan = repair, rules = declared, expires = after(NOW, 3_600_000) }: Partial<Worlds> = {},
): string {
  const health: readonly TrialCheck[] =
    tried === 'not asked' ? [] : [{ check: 'health', verdict: tried, facts: {}, problems: [] }]
  const trial = trialOf(plan, { checks: [...trialOf(plan).checks, ...health], expires })
  const digest = evidenceDigest(trial)
  const evidence = envelopeOf(plan, rules).evidence.map((one) =>
    ['validation', 'trial', 'undo'].includes(one.check) ? { ...one, digest } : one,
  )
  const scene = sceneOf({
    policy: rules,
    plan,
    envelope: { evidence },
    journal: { trials: new Map([[digest, trial]]) },
  })
  const answer = judge({
    ...scene,
    pre: { units: new Map(), ...(now === undefined ? {} : { health: now }) },
  })
  return answer.ok ? 'ok' : answer.code
}
interface Worlds {
  readonly plan: Plan
  readonly rules: typeof declared | typeof policy
  readonly expires: ReturnType<typeof after>
}

test('a service that this runner read as down, at the trial and now, may be repaired without a waiver', () => {
  expect(judged('red', 'red')).toBe('ok')
})

test('a gate cannot drop the assertion of health of a service that is up', () => {
  expect(judged('not asked', 'red')).toBe('judge.evidence_missing')
  expect(judged('green', 'red')).toBe('judge.evidence_missing')
  for (const health of ['green', 'no_data', undefined] as const)
    expect(judged('red', health)).toBe('judge.not_down')
})

test('an old reading of the trial says nothing of now', () => {
  expect(judged('red', 'red', { expires: after(NOW, -1) })).toBe('judge.evidence_stale')
})

test('a service without declared health is never down, and a repair asserts no health', () => {
  expect(judged('red', 'red', { rules: policy })).toBe('judge.action_outside')
  const both: Plan = { ...repair, pre: [{ kind: 'health' }] }
  expect(judged('red', 'red', { plan: both })).toBe('judge.action_outside')
})

test('the proof of health is needed all the same', () => {
  const blind: Plan = { ...repair, proof: repair.proof.filter(({ kind }) => kind !== 'health') }
  expect(judged('red', 'red', { plan: blind })).toBe('judge.action_outside')
})
