import { describe, expect, test } from 'vitest'
import {
  approval,
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
import { sha256 } from '../../base/hash.ts'
import type { ServiceName } from '../../base/id.ts'
import { after } from '../../base/time.ts'
import { dataPlan } from '../../seal/data-plan.ts'
import { enough } from '../../seal/enough.ts'
import { envelopeDigest } from '../../seal/envelope.ts'
import type { Plan } from '../../seal/plan.ts'
import type { CompiledPolicy, Service } from '../../seal/policy.ts'
import type { Staged } from '../../seal/restore.ts'
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

describe('S07 a restore at the judge', () => {
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
        [sign(approval(envelope, typed === undefined ? {} : { typed }))],
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
      enough([sign(approval(plain))], plain, envelopeDigest(plain), policy, NOW, verifyTest),
    ).toMatchObject({ ok: true })
  })
})
