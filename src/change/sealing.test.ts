// What is sealed names only people and agents of the policy: the runner would refuse the rest.
import { expect, test } from 'vitest'
import { makePolicy, NOW, PLANS, TEAM } from '../../tests/vectors/seal/sample.ts'
import { sha256 } from '../base/hash.ts'
import type { ActorId } from '../base/id.ts'
import { after, type Instant } from '../base/time.ts'
import { type Plan, planDigest } from '../plans/plan.ts'
import { CHECKS } from '../seal/checks.ts'
import type { Change } from './change.ts'
import { makeEnvelope } from './sealing.ts'

const plan = PLANS['nginx'] as Plan
const now = NOW as Instant
const id = (name: string) => name as ActorId

/** A change of the agent claude, with all checks green. */
function changeOf(over: Partial<Change> = {}): Change {
  return {
    id: plan.change,
    revision: plan.revision,
    state: 'ready',
    pattern: plan.pattern,
    service: plan.service,
    host: plan.host,
    createdAt: now,
    instruction: {
      text: 'x',
      by: id('hanako'),
      channel: 'api',
      mode: 'quoted',
      at: now,
      digest: sha256('x'),
    },
    requester: id('claude'),
    author: id('claude'),
    sponsor: id('hanako'),
    editors: [id('claude')],
    explanation: { impact: 'more', risk: 'disk' },
    notification: 'not_needed',
    wishes: { files: [], env: [] },
    plan,
    planDigest: planDigest(plan),
    diff: 'diff',
    diffDigest: sha256('diff'),
    impact: { files: [], units: [], serverNames: [], listeners: [], downtime: 'none' },
    checks: CHECKS.map(({ name, collector }) => ({
      check: name,
      verdict: 'green',
      collector,
      facts: {},
      problems: [],
      at: now,
      expires: after(now, 60_000),
      evidence: sha256(name),
    })),
    waivers: [],
    decisions: [],
    moved: [],
    executions: [],
    ...over,
  }
}

test('an agent is sealed with the lineage that the policy has now', () => {
  const sealed = makeEnvelope(changeOf(), [], TEAM, now)
  expect(sealed).toMatchObject({ ok: true, envelope: { sponsor: 'hanako', lineage: ['claude', 'hanako'] } })
  const moved = makePolicy(
    TEAM.people.map((one) => ({ ...one })),
    {},
    [{ id: 'claude', name: 'Claude', sponsor: 'taro', paused: false }],
  )
  expect(makeEnvelope(changeOf(), [], moved, now)).toMatchObject({
    ok: true,
    envelope: { sponsor: 'taro', lineage: ['claude', 'taro'] },
  })
})

test.each(['author', 'requester'] as const)(
  'nothing is sealed whose %s is not in the policy any more',
  (part) => {
    expect(
      makeEnvelope(changeOf({ [part]: id('gone'), sponsor: id('hanako') }), [], TEAM, now),
    ).toMatchObject({
      ok: false,
      code: 'approval.unknown_author',
      detail: { part, actor: 'gone' },
    })
  },
)

test('nothing is sealed that was edited by somebody who is not in the policy any more', () => {
  const edited = changeOf({ editors: [id('gone'), id('claude')] })
  expect(makeEnvelope(edited, [], TEAM, now)).toMatchObject({
    ok: false,
    code: 'approval.unknown_author',
    detail: { part: 'editors', actor: 'gone' },
  })
})
