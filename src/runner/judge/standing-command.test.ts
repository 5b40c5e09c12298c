// Uses of a standing statement for a command are counted by service and name: two services may each have one of that name.
import { describe, expect, test } from 'vitest'
import {
  CHANGE,
  envelopeOf,
  NOW,
  policyOf,
  SERVICE,
  sceneOf,
  servicePlan,
  sign,
} from '../../../tests/runner-fixtures/scene.ts'
import { sha256 } from '../../base/hash.ts'
import type { ActorId, ExecutionId, ServiceName } from '../../base/id.ts'
import { after } from '../../base/time.ts'
import { commandPlan } from '../../plans/playbooks/command.ts'
import type { CompiledPolicy, Health, Service } from '../../plans/policy.ts'
import { playbookDigest } from '../../seal/playbooks.ts'
import { commandOf } from '../../seal/standard.ts'
import { type Statement, statementDigest } from '../../seal/statement.ts'
import { judgeStanding } from './standing.ts'

const OTHER = 'other' as ServiceName
const command = {
  name: 'reindex',
  directory: '/srv/mirai-jobs',
  argv: ['./reindex'],
  back: ['./back'],
  writes: [],
  withinMs: 1000,
}
const health: Health = {
  url: 'http://127.0.0.1:8080/',
  status: 200,
  json: {},
  withinMs: 1000,
  good: 1,
  of: 1,
  everyMs: 0,
}
const plain = policyOf()
const service = { ...plain.services[0], health, commands: [command] } as Service
const policy: CompiledPolicy = { ...plain, services: [service] }
const plan = commandPlan(policy, service, command, {
  change: CHANGE,
  revision: 1,
  files: sha256('files'),
  changed: [],
})
const standing = {
  v: 1,
  type: 'standing',
  approver: 'boss' as ActorId,
  role: 'owner',
  nonce: 'b'.repeat(32),
  at: after(NOW, -30_000),
  expires: after(NOW, 3_600_000),
  playbook: 'command/1',
  playbookDigest: playbookDigest('command/1'),
  service: SERVICE,
  verb: 'command',
  unit: 'reindex',
  perHour: 2,
  bytes: commandOf(plan)?.bytes,
  runs: [1, 2, 3, 4, 5].map((n) => `${CHANGE}/${n}` as ExecutionId),
} as Statement

const use = (of: ServiceName | undefined, signedAt = standing.at) => ({
  execution: 'CHG-2026-0007/1' as ExecutionId,
  at: after(NOW, -10),
  statements: [sha256('another one')],
  standing: {
    unit: 'reindex',
    verb: 'command' as const,
    signedAt,
    ...(of === undefined ? {} : { service: of }),
  },
})
const judged = (...uses: readonly ReturnType<typeof use>[]) =>
  judgeStanding(
    {
      ...sceneOf({
        policy,
        plan: servicePlan(),
        statements: () => [sign(standing)],
        authored: () => [],
        journal: { uses },
      }),
    },
    plan,
    envelopeOf(servicePlan(), policy, { class: 'standard' }),
  )

describe('a command of one name in two services', () => {
  test('the line of its start names the service', () => {
    expect(judged()).toMatchObject({
      ok: true,
      statements: [statementDigest(standing)],
      standing: { unit: 'reindex', verb: 'command', service: SERVICE },
    })
  })
  test('starts of the other one do not count, and a newer statement there takes nothing away here', () => {
    const newer = after(standing.at, 1)
    expect(judged(use(OTHER), use(OTHER))).toMatchObject({ ok: true })
    expect(judged(use(OTHER, newer))).toMatchObject({ ok: true })
    expect(judged(use(SERVICE), use(SERVICE))).toMatchObject({ code: 'judge.standing_limit' })
    expect(judged(use(SERVICE, newer))).toMatchObject({ code: 'judge.standing_covers_not' })
  })
  test('a line of before that names no service counts for each', () => {
    expect(judged(use(undefined), use(undefined))).toMatchObject({ code: 'judge.standing_limit' })
  })
})
