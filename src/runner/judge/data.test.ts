import { describe, expect, test } from 'vitest'
import {
  approval,
  authored,
  CHANGE,
  envelopeOf,
  NOW,
  planOf,
  policyOf,
  SERVICE,
  sign,
  UNIT,
  verifyTest,
} from '../../../tests/runner-fixtures/scene.ts'
import type { BackupId } from '../../backup/level.ts'
import { decode } from '../../base/decode.ts'
import { sha256 } from '../../base/hash.ts'
import type { ChangeId, ServiceName } from '../../base/id.ts'
import { after } from '../../base/time.ts'
import { type Plan, plan as planDecoder } from '../../plans/plan.ts'
import { dataPlan } from '../../plans/playbooks/data.ts'
import type { CompiledPolicy, Service } from '../../plans/policy.ts'
import { type Staged, staged as stagedDecoder } from '../../plans/restore.ts'
import { enough } from '../../seal/enough.ts'
import { envelopeDigest } from '../../seal/envelope.ts'
import { judgeData } from './data.ts'

const policy: CompiledPolicy = (() => {
  const base = policyOf()
  const services = base.services.map(
    (one): Service => ({
      ...one,
      data: [
        {
          name: 'data',
          dir: '/var/lib/mirai',
          change: 'api-only',
          format: 'json',
          secret: [],
          invariants: {},
        },
      ],
      databases: [{ name: 'mirai', port: 5432, invariants: {} }],
    }),
  )
  return { ...base, services }
})()
const service = policy.services[0] as Service
const from = {
  backup: '20261124_210000Z' as BackupId,
  copy: 'local',
  manifest: sha256('m'),
  taken: after(NOW, -3_600_000),
}
const staged: Staged = {
  v: 1,
  stage: 'a'.repeat(32),
  service: SERVICE,
  wish: { kind: 'full', from: 'last-known-good' },
  at: NOW,
  expires: after(NOW, 3_600_000),
  parts: [
    {
      kind: 'exchange',
      of: 'directory',
      item: 'data',
      path: '/var/lib/mirai',
      from,
      digest: 'b'.repeat(64),
      entries: 1,
      bytes: 1,
      carried: [],
    },
    {
      kind: 'database',
      item: 'db-mirai',
      database: 'mirai',
      port: 5432,
      beside: 'mirai_1',
      from,
      digest: 'c'.repeat(64),
      rows: 1,
    },
  ],
  loss: [],
  lists: 'd'.repeat(64),
  passedOver: [],
  damaged: [],
}
const plan = dataPlan(policy, service, { change: CHANGE, revision: 1, staged })
const judged = (
  over: { readonly plan?: Plan; readonly staged?: Staged | undefined; readonly now?: typeof NOW } = {},
) => judgeData(over.plan ?? plan, policy, service, 'staged' in over ? over.staged : staged, over.now ?? NOW)
const without = (kind: string): Plan => ({
  ...plan,
  actions: plan.actions.filter(({ action }) => action.kind !== kind),
})
const withPart = (part: Partial<Staged['parts'][number]>): Staged =>
  ({
    ...staged,
    parts: staged.parts.map((one) => (one.kind === 'exchange' ? { ...one, ...part } : one)),
  }) as Staged

describe('part of S07: a restore at the judge', () => {
  test('the playbook’s own plan of what was laid out here passes', () => {
    expect(judged()).toEqual({ ok: true })
    expect(plan.actions.map(({ action }) => action.kind)).toEqual([
      'unit',
      'assertLoss',
      'exchange',
      'renameDatabase',
      'unit',
    ])
    expect(plan.actions[0]).toMatchObject({ action: { verb: 'stop', unit: UNIT }, undo: [{ verb: 'start' }] })
  })

  test.each<[string, Parameters<typeof judged>[0], string]>([
    ['nothing was laid out', { staged: undefined }, 'restore.stage_gone'],
    ['its time is over', { now: after(NOW, 3_600_001) }, 'restore.stage_gone'],
    [
      'laid out for another service',
      { staged: { ...staged, service: 'other' as ServiceName } },
      'judge.action_outside',
    ],
    ['nobody looks again at what would be lost', { plan: without('assertLoss') }, 'judge.action_outside'],
    [
      'the writers are not stopped',
      { plan: { ...plan, actions: plan.actions.slice(1) } },
      'judge.action_outside',
    ],
    ['one part is left out', { plan: without('exchange') }, 'judge.action_outside'],
    ['other lists than were shown', { staged: { ...staged, lists: 'e'.repeat(64) } }, 'judge.action_outside'],
    [
      'another tree than was laid out',
      { staged: withPart({ digest: 'e'.repeat(64) }) },
      'judge.action_outside',
    ],
    [
      'from another backup',
      { staged: withPart({ from: { ...from, backup: '20261101_000000Z' as BackupId } }) },
      'judge.action_outside',
    ],
    ['a place that is not declared', { staged: withPart({ path: '/etc' }) }, 'judge.action_outside'],
    ['a place above the declared one', { staged: withPart({ path: '/var/lib' }) }, 'judge.action_outside'],
    [
      'a place beside it with its name',
      { staged: withPart({ path: '/var/lib/mirai2' }) },
      'judge.action_outside',
    ],
    [
      'no way back',
      { plan: { ...plan, actions: plan.actions.map((one) => ({ ...one, undo: [] })) } },
      'judge.action_outside',
    ],
    ['no proof', { plan: { ...plan, proof: [] } }, 'judge.action_outside'],
    [
      'a plan of another pattern',
      { plan: { ...planOf(), pattern: 'data', playbook: 'data/1' } },
      'judge.action_outside',
    ],
  ])('refused: %s', (_, over, code) => {
    expect(judged(over)).toMatchObject({ ok: false, code })
  })

  test('only a signature over the typed name of the service lets data be exchanged', () => {
    const envelope = envelopeOf(planOf(), policy, { playbook: 'data/1' })
    const answer = (typed: string | undefined) =>
      enough(
        [sign(approval(envelope, typed === undefined ? {} : { typed })), sign(authored(envelope))],
        envelope,
        envelopeDigest(envelope),
        policy,
        NOW,
        verifyTest,
      )
    expect(answer(SERVICE)).toMatchObject({ ok: true, approvers: ['ops1'] })
    for (const typed of [undefined, '', 'Mirai', `${SERVICE} `, 'other'])
      expect(answer(typed), String(typed)).toMatchObject({ ok: false, code: 'approval.not_typed' })
    // Positive control: what exchanges nothing asks for no name.
    const plain = envelopeOf(planOf(), policy)
    expect(
      enough(
        [sign(approval(plain)), sign(authored(plain))],
        plain,
        envelopeDigest(plain),
        policy,
        NOW,
        verifyTest,
      ),
    ).toMatchObject({ ok: true })
  })

  const evidence = { evidence: 'CHG-2026-0007' as ChangeId, stage: '9'.repeat(32), taken: NOW }
  const back: Staged = {
    ...staged,
    wish: { kind: 'rollback', change: evidence.evidence, stage: evidence.stage },
    parts: staged.parts.map((one) => ({ ...one, from: evidence })),
  }
  const planBack = dataPlan(policy, service, { change: CHANGE, revision: 1, staged: back })
  const emptied: Staged = { ...back, parts: back.parts.map((one) => ({ ...one, after: 'absent' })) }

  test('part of S43: a plan that takes a restore back is as narrow: the same actions, of this evidence, with the same way back', () => {
    expect(judged({ plan: planBack, staged: back })).toEqual({ ok: true })
    expect(planBack.actions.map(({ action }) => action.kind)).toEqual(
      plan.actions.map(({ action }) => action.kind),
    )
    const planEmptied = dataPlan(policy, service, { change: CHANGE, revision: 1, staged: emptied })
    expect(judged({ plan: planEmptied, staged: emptied })).toEqual({ ok: true })
    for (const [one, of] of [
      [plan, back],
      [planBack, staged],
      [planBack, emptied],
      [planEmptied, back],
      [
        planBack,
        {
          ...back,
          parts: back.parts.map((part) => ({ ...part, from: { ...evidence, stage: '8'.repeat(32) } })),
        },
      ],
    ] as const)
      expect(judged({ plan: one, staged: of })).toMatchObject({ ok: false, code: 'judge.action_outside' })
  })

  test('what was staged and what is planned is read back as it was written, and nothing more', () => {
    for (const one of [staged, back, emptied]) {
      expect(decode(stagedDecoder, JSON.parse(JSON.stringify(one)))).toEqual({ ok: true, value: one })
      const of = dataPlan(policy, service, { change: CHANGE, revision: 1, staged: one })
      expect(decode(planDecoder, JSON.parse(JSON.stringify(of)))).toEqual({ ok: true, value: of })
    }
    const mixed = { ...back, parts: [{ ...back.parts[0], from: { ...from, evidence: 'CHG-2026-0007' } }] }
    expect(decode(stagedDecoder, JSON.parse(JSON.stringify(mixed)))).toMatchObject({ ok: false })
  })
})
