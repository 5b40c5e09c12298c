// A hostile gate and standing statements: what an owner signed anew has ended with the signature, whether or not the newer one was used.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Digest } from '../../src/base/hash.ts'
import type { ActorId, ChangeId, ExecutionId } from '../../src/base/id.ts'
import { canonical } from '../../src/base/json.ts'
import { baselineDigest } from '../../src/plans/fingerprint.ts'
import { type Plan, planDigest } from '../../src/plans/plan.ts'
import { servicePlan } from '../../src/plans/playbooks/service.ts'
import { decidingPart } from '../../src/plans/policy.ts'
import { envelopeDigest } from '../../src/seal/envelope.ts'
import { playbookDigest } from '../../src/seal/playbooks.ts'
import { type Signed, type Statement, statementDigest } from '../../src/seal/statement.ts'
import { nonce, now, RunnerWorld, SERVICE, sha } from '../runner-fixtures/runner-world.ts'

const UNIT = 'sekisho-none.service'
let world: RunnerWorld
let executions = 0

beforeAll(async () => {
  world = new RunnerWorld([{}])
  world.policy = {
    ...world.policy,
    services: world.policy.services.map((one) => ({ ...one, unit: UNIT })),
    people: world.policy.people.map((one) =>
      one.id === 'ops2' ? { ...one, roles: ['approver', 'operator'] as const } : one,
    ),
  }
  world.writePolicy()
  world.reset()
  world.start()
  await world.ready()
})
afterAll(async () => {
  await world?.end()
})

const standing = (ago: number, approver = 'ops1', over: object = {}) =>
  ({
    v: 1,
    type: 'standing',
    approver: approver as ActorId,
    role: 'owner',
    nonce: nonce(),
    at: now(-ago),
    expires: now(86_400_000),
    playbook: 'service/1',
    playbookDigest: playbookDigest('service/1'),
    service: SERVICE,
    verb: 'restart',
    unit: UNIT,
    perHour: 3,
    ...over,
  }) as Statement
const give = (signed: Signed, door?: 'admin') => world.ask({ verb: 'statement', signed } as never, door)

/** An order that the statement alone covers, as a gate makes it by itself: nobody signs its envelope. */
async function ordered(signed: Signed) {
  const change = 'CHG-2026-0042' as ChangeId
  const [service] = world.policy.services
  if (service === undefined) throw new Error('no service')
  const plan: Plan = servicePlan(
    world.policy,
    service,
    { change, revision: 1, verb: 'restart', unit: UNIT },
    190_000,
  )
  const baseline = await Promise.all(
    plan.targets.map(async (target) => {
      const { result } = await world.ask({ verb: 'read', what: { kind: 'target', target } } as never)
      return { target, digest: (result as { fingerprint: Digest }).fingerprint }
    }),
  )
  const expires = now(3_600_000)
  const envelope = {
    v: 1,
    change,
    revision: 1,
    host: plan.host,
    service: plan.service,
    class: 'standard',
    tier: 1,
    plan: planDigest(plan),
    diff: sha('diff') as Digest,
    baseline,
    evidence: [
      { check: 'baseline', digest: baselineDigest(baseline), expires, collector: 'runner' },
      { check: 'notification', digest: sha('no') as Digest, expires, collector: 'gate' },
    ],
    waivers: [],
    policy: decidingPart(world.policy, SERVICE),
    playbook: plan.playbook,
    approvals: { count: 0, roles: ['approver', 'owner'] },
    requester: 'author' as ActorId,
    author: 'author' as ActorId,
    lineage: ['author' as ActorId],
    editors: ['author' as ActorId],
    instruction: sha('instruction') as Digest,
    notification: 'not_needed',
    sealedAt: now(),
    expires,
  } as const
  for (const [kind, digest, value] of [
    ['plan', planDigest(plan), plan],
    ['envelope', envelopeDigest(envelope), envelope],
  ] as const) {
    const bytes = Buffer.from(canonical(value as never))
    const base64 = bytes.toString('base64')
    const put = await world.ask({ verb: 'put', kind, digest, size: bytes.length, offset: 0, base64 } as never)
    expect(put).toMatchObject({ ok: true })
  }
  executions += 1
  return world.ask({
    verb: 'run',
    execution: `${change}/${executions}` as ExecutionId,
    change,
    plan: planDigest(plan),
    envelope: envelopeDigest(envelope),
    statements: [signed],
    fences: plan.targets.map((target) => ({ target, token: executions })),
  } as never)
}

test('a standing statement that was signed anew cannot be ordered any more, although the newer one was never used', async () => {
  const older = world.sign(standing(60_000))
  const newer = world.sign(standing(1000))
  expect(await give(older)).toMatchObject({ ok: true })
  // Positive control: as long as it is the newest, it lets in (the unit is not there: what follows is another story).
  expect(await ordered(older)).toMatchObject({ ok: true })
  expect(await give(newer)).toMatchObject({ ok: true })
  expect(await ordered(older)).toMatchObject({ ok: false, code: 'judge.standing_covers_not' })
  // Nor does the gate bring it back by giving it once more, at either door.
  for (const door of [undefined, 'admin'] as const) await give(older, door)
  expect(await ordered(older)).toMatchObject({ ok: false, code: 'judge.standing_covers_not' })
  const unused = world.sign(standing(30_000))
  expect(await give(unused)).toMatchObject({ ok: false, code: 'judge.standing_covers_not' })
  expect(await ordered(unused)).toMatchObject({ ok: false, code: 'judge.standing_covers_not' })
})

test('it stays replaced over a restart of the runner, and giving it twice writes it once', async () => {
  const newest = standing(500)
  expect(await give(world.sign(newest))).toMatchObject({ ok: true })
  expect(await give(world.sign(newest))).toMatchObject({ ok: true })
  const lines = readFileSync(join(world.data, 'runner/journal/runner.jsonl'), 'utf8').split('\n')
  expect(lines.filter((line) => line.includes(statementDigest(newest)))).toHaveLength(1)
  await world.stop('SIGKILL')
  world.start()
  await world.ready()
  expect(await ordered(world.sign(standing(60_000)))).toMatchObject({
    ok: false,
    code: 'judge.standing_covers_not',
  })
})

test.each<[string, () => Signed, string]>([
  [
    'somebody who owns nothing here',
    () => world.sign(standing(0, 'ops2', { role: 'approver' })),
    'judge.standing_covers_not',
  ],
  ['an owner’s name over another’s key', () => world.sign(standing(0), 'ops2'), 'statement.foreign_key'],
  [
    'an owner, for a unit that is not the service’s',
    () => world.sign(standing(0, 'ops1', { unit: 'ssh.service' })),
    'judge.standing_covers_not',
  ],
  [
    'an owner, for another release’s procedure',
    () => world.sign(standing(0, 'ops1', { playbookDigest: sha('x') })),
    'judge.standing_procedure_moved',
  ],
])('a standing statement by %s takes nobody’s place', async (_, make, code) => {
  const mine = world.sign(standing(100))
  expect(await give(mine)).toMatchObject({ ok: true })
  expect(await give(make())).toMatchObject({ ok: false, code })
  const answer = await ordered(mine)
  expect(answer.ok || answer.code !== 'judge.standing_covers_not').toBe(true)
})
