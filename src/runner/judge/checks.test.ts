// What counts as evidence: green from the runner's own trial, or a waiver by somebody who may; nothing in between.
import { describe, expect, test } from 'vitest'
import {
  approval,
  CHANGE,
  envelopeOf,
  NOW,
  person,
  planOf,
  policyOf,
  sceneOf,
  sign,
  trialOf,
} from '../../../tests/runner-fixtures/scene.ts'
import type { ActorId } from '../../base/id.ts'
import { after } from '../../base/time.ts'
import { planDigest } from '../../plans/plan.ts'
import { envelopeDigest } from '../../seal/envelope.ts'
import { evidenceDigest } from '../../seal/journal.ts'
import { type Statement, statementDigest } from '../../seal/statement.ts'
import { judge } from './judge.ts'

const own = ['validation', 'trial', 'undo'] as const

describe.each(own)('%s', (check) => {
  test.each([
    ['green', true],
    ['red', false],
    ['not_tried', false],
  ] as const)('%s counts: %s', (verdict, counts) => {
    const plan = planOf()
    const checks = own.map((one) => ({
      check: one,
      verdict: one === check ? verdict : ('green' as const),
      facts: {},
      problems: [],
    }))
    const trial = trialOf(plan, { checks })
    const whole = sceneOf()
    const sound = JSON.parse(whole.envelopeText) as { evidence: { check: string }[] }
    const evidence = sound.evidence.map((one) =>
      own.some((name) => name === one.check) ? { ...one, digest: evidenceDigest(trial) } : one,
    )
    const answer = judge(
      sceneOf({
        envelope: { evidence: evidence as never },
        journal: { trials: new Map([[evidenceDigest(trial), trial]]) },
      }),
    )
    expect(answer).toMatchObject(
      counts ? { ok: true } : { ok: false, code: 'judge.evidence_red', detail: { check, verdict } },
    )
  })
})

function waive(approver: string): Statement {
  return {
    v: 1,
    type: 'waive',
    approver: approver as ActorId,
    role: 'approver',
    nonce: 'b'.repeat(32),
    at: after(NOW, -30_000),
    expires: after(NOW, 3_600_000),
    change: CHANGE,
    plan: planDigest(planOf()),
    check: 'trial',
    reason: 'no sandbox here',
  }
}

const byOps2 = { author: 'ops2' as ActorId, lineage: ['ops2' as ActorId], editors: ['ops2' as ActorId] }

test('where one person alone may approve, a waiver counts only once the author has signed the plan', () => {
  const policy = policyOf({ rules: { alone: { afterSeconds: 900, tiers: [1, 2] } } })
  const judged = (hasSigned: boolean, waiver?: Statement) => {
    const envelope = { ...byOps2, waivers: waiver === undefined ? [] : [statementDigest(waiver)] }
    const digest = envelopeDigest(envelopeOf(planOf(), policy, envelope))
    return judge(
      sceneOf({
        policy,
        envelope,
        // The gate says that ops2 wrote it. Whoever approves may have.
        statements: (one) => [sign(approval(one))],
        ...(hasSigned ? {} : { authored: () => [] }),
        input: { waivers: waiver === undefined ? [] : [sign(waiver)] },
        journal: { stored: new Map([[digest, after(NOW, -3_600_000)]]) },
      }),
    )
  }
  expect(judged(false)).toMatchObject({ ok: true, accepted: { solo: true } })
  expect(judged(false, waive('ops1'))).toMatchObject({
    ok: false,
    code: 'judge.waiver_wrong',
    detail: { why: 'the author has not signed the plan' },
  })
  expect(judged(true, waive('ops1'))).toMatchObject({ ok: true, accepted: { solo: false } })
})

test('the key of the author waives under no other name', () => {
  const twin = person('twin', ['approver'], { keys: person('ops2', []).keys })
  const policy = policyOf({ people: [...policyOf().people, twin] })
  const judged = (by: string) => {
    const waiver = waive(by)
    const envelope = { ...byOps2, waivers: [statementDigest(waiver)] }
    const signed = sign(waiver, by === 'twin' ? 'ops2' : by)
    return judge(sceneOf({ policy, envelope, input: { waivers: [signed] } }))
  }
  expect(judged('twin')).toMatchObject({
    ok: false,
    code: 'judge.waiver_wrong',
    detail: { why: 'it was signed with a key of the author' },
  })
  expect(judged('boss')).toMatchObject({ ok: true })
})

test('nobody of the lineage and no editor waives, although the role would do; somebody else does', () => {
  const policy = policyOf()
  const judged = (approver: string, edited: readonly string[] = []) => {
    const statement = waive(approver)
    return judge(
      sceneOf({
        policy,
        envelope: {
          author: 'ops2' as ActorId,
          lineage: ['ops2' as ActorId],
          editors: [...edited, 'ops2'].sort() as ActorId[],
          waivers: [statementDigest(statement)],
        },
        statements: (envelope) => [sign(approval(envelope))],
        input: { waivers: [sign(statement)] },
      }),
    )
  }
  expect(judged('ops2')).toMatchObject({ ok: false, code: 'judge.waiver_wrong' })
  expect(judged('boss', ['boss'])).toMatchObject({ ok: false, code: 'judge.waiver_wrong' })
  expect(judged('boss')).toMatchObject({ ok: true })
})
