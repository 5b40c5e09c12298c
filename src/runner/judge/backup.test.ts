import { describe, expect, test } from 'vitest'
import { NOW, policyOf, SERVICE, sign, verifyTest } from '../../../tests/runner-fixtures/scene.ts'
import type { BackupLine } from '../../backup/levels.ts'
import { refused } from '../../base/error.ts'
import { type Digest, sha256 } from '../../base/hash.ts'
import type { ActorId, ServiceName } from '../../base/id.ts'
import { after } from '../../base/time.ts'
import type { CompiledPolicy, Service } from '../../plans/policy.ts'
import { playbookDigest } from '../../seal/playbooks.ts'
import { type StatementOf, statementDigest } from '../../seal/statement.ts'
import { type BackupOrder, judgeBackup } from './backup.ts'

const rules = {
  everyMs: 21_600_000,
  copies: [{ name: 'local', kind: 'directory', to: '/backup' }],
  keep: { daily: 30, weekly: 12, monthly: 12 },
  zone: 'UTC',
  drillEveryMs: 604_800_000,
} as const
const policy: CompiledPolicy = (() => {
  const base = policyOf({ rules: { standingPerHour: 6 } })
  return { ...base, services: base.services.map((one): Service => ({ ...one, backup: rules })) }
})()
const standing = (over: Partial<StatementOf<'standing'>> = {}) => ({
  v: 1 as const,
  type: 'standing' as const,
  approver: 'boss' as ActorId,
  role: 'owner' as const,
  nonce: 'b'.repeat(32),
  at: after(NOW, -60_000),
  expires: after(NOW, 3_600_000_000),
  playbook: 'backup/1' as const,
  playbookDigest: playbookDigest('backup/1'),
  service: SERVICE,
  verb: 'backup' as const,
  unit: SERVICE as string,
  perHour: 3,
  ...over,
})
const started = (minutesAgo: number, over: object = {}): BackupLine => ({
  at: after(NOW, -minutesAgo * 60_000),
  body: {
    kind: 'backup',
    event: 'started',
    service: SERVICE,
    work: 'backup',
    asked: 'order',
    ...over,
  } as never,
})
const judged = (over: Partial<BackupOrder> = {}) =>
  judgeBackup({
    service: SERVICE,
    work: 'backup',
    asked: 'order',
    policy,
    now: NOW,
    sound: { ok: true },
    signed: sign(standing()),
    revoked: new Set<Digest>(),
    lines: [],
    verify: verifyTest,
    ...over,
  })

describe('an order for a work of backup/1', () => {
  test('passes under the owner’s one signature, all four works', () => {
    for (const work of ['backup', 'verify', 'drill', 'prune'] as const)
      expect(judged({ work })).toEqual({ ok: true, statement: statementDigest(standing()) })
  })

  test.each<[string, Partial<BackupOrder>, string]>([
    ['nothing is declared', { policy: policyOf() }, 'backup.not_declared'],
    ['an unknown service', { service: 'other' as ServiceName }, 'backup.not_declared'],
    ['a clock that jumped', { sound: refused('runner.clock_unsound', { why: 'x' }) }, 'runner.clock_unsound'],
    ['nobody has signed', { signed: undefined }, 'backup.not_signed'],
    [
      'a forged signature',
      { signed: { ...sign(standing()), signature: `boss ${sha256('x')}` } },
      'statement.signature_wrong',
    ],
    ['not an owner', { signed: sign(standing({ approver: 'ops1' as ActorId })) }, 'statement.role_not_held'],
    [
      'a statement for restarts',
      {
        signed: sign(
          standing({
            playbook: 'service/1',
            verb: 'restart',
            unit: 'mirai.service',
            playbookDigest: playbookDigest('service/1'),
          }),
        ),
      },
      'backup.not_signed',
    ],
    [
      'for another service',
      { signed: sign(standing({ service: 'other' as ServiceName, unit: 'other' })) },
      'backup.not_signed',
    ],
    [
      'another procedure',
      { signed: sign(standing({ playbookDigest: sha256('old') })) },
      'judge.standing_procedure_moved',
    ],
    ['a restart hidden in it', { signed: sign(standing({ verb: 'restart' })) }, 'judge.standing_covers_not'],
    ['revoked', { revoked: new Set([statementDigest(standing())]) }, 'backup.not_signed'],
    ['too often', { lines: [started(1), started(20), started(59)] }, 'backup.too_often'],
  ])('refused: %s', (_, over, code) => {
    expect(judged(over)).toMatchObject({ ok: false, code })
  })

  test('the limit counts what was ordered of this work within the hour, and nothing else', () => {
    const others = [
      started(1),
      started(2),
      started(61),
      started(3, { work: 'drill' }),
      started(4, { asked: 'late' }),
    ]
    expect(judged({ lines: others }).ok).toBe(true)
    const full = [started(1), started(2), started(3)]
    expect(judged({ lines: full }).ok).toBe(false)
    // Late is begun by the runner itself, spaced by its own rule.
    expect(judged({ lines: full, asked: 'late' }).ok).toBe(true)
    expect(judged({ lines: full, work: 'verify' }).ok).toBe(true)
  })

  test('a run that failed uses nothing up; one that succeeded or is under way does', () => {
    const ended = (minutesAgo: number, ok: boolean) => started(minutesAgo, { event: 'ended', ok, ms: 1 })
    const failed = [30, 20, 10].flatMap((minutes) => [started(minutes), ended(minutes - 1, false)])
    expect(judged({ lines: failed }).ok).toBe(true)
    expect(judged({ lines: [...failed, started(3), ended(2, true), started(1)] }).ok).toBe(true)
    const full = [started(5), ended(4, true), started(3), ended(2, true), started(1)]
    expect(judged({ lines: [...failed, ...full] })).toMatchObject({
      code: 'backup.too_often',
      detail: { limit: 3 },
    })
  })

  test('agents have half of what was signed: the other half is there for a person, and nobody passes what was signed', () => {
    const four = { signed: sign(standing({ perHour: 4 })) }
    const agents = [started(50, { asked: 'agent' }), started(10, { asked: 'agent' })]
    expect(judged({ ...four, lines: agents, asked: 'agent' })).toMatchObject({
      ok: false,
      code: 'backup.too_often',
      detail: { of: 'agents', limit: 2, forMs: 10 * 60_000 },
    })
    for (const asked of ['order', 'clock', 'change'] as const)
      expect(judged({ ...four, lines: agents, asked }).ok, asked).toBe(true)
    const all = [...agents, started(40), started(30, { asked: 'clock' })]
    for (const asked of ['order', 'agent', 'clock'] as const)
      expect(judged({ ...four, lines: all, asked }), asked).toMatchObject({
        detail: { of: 'all', limit: 4, cap: 6, forMs: 10 * 60_000 },
      })
    // Of an odd number the one more is the person's.
    for (const [perHour, limit] of [
      [2, 1],
      [3, 1],
      [5, 2],
    ] as const) {
      const signed = sign(standing({ perHour }))
      const lines = agents.slice(0, limit)
      expect(judged({ signed, lines, asked: 'agent' }), `${perHour}`).toMatchObject({
        detail: { of: 'agents', limit },
      })
      expect(judged({ signed, lines, asked: 'order' }).ok, `${perHour}`).toBe(true)
    }
    // Of one an hour an agent may have it.
    expect(judged({ signed: sign(standing({ perHour: 1 })), asked: 'agent' }).ok).toBe(true)
  })

  test('it says when the next one is possible, also where the limit was lowered meanwhile', () => {
    const lines = [started(50), started(40), started(20), started(5)]
    expect(judged({ lines })).toMatchObject({ detail: { forMs: 20 * 60_000 } })
  })
})
