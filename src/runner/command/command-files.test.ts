// What approvers are shown of a command: compared with what was kept of this service, read at places that nobody else can exchange.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CHANGE, policyOf } from '../../../tests/runner-fixtures/scene.ts'
import { type Digest, sha256 } from '../../base/hash.ts'
import { commandTarget, type ExecutionId, type ServiceName } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import { type Plan, planDigest } from '../../plans/plan.ts'
import { commandPlan } from '../../plans/playbooks/command.ts'
import type { Service } from '../../plans/policy.ts'
import { COMMAND_TREE } from '../act/exec.ts'
import type { RunnerParts } from '../parts.ts'
import { copiesOf, type Place } from '../place.ts'
import { commandFilesHands, commandFilesVerb } from './command-files.ts'
import { tryCommand } from './try-command.ts'

let base: string
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'command-files-')))
  for (const name of ['app', 'app/jobs', 'app/index']) mkdirSync(join(base, name))
  writeFileSync(join(base, 'app/jobs/reindex'), 'approved\n')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const [mine, others] = ['mirai', 'other'] as ServiceName[] as [ServiceName, ServiceName]

/** Both services declare a command of one name at one place. */
function world(directory = join(base, 'app/jobs')) {
  const command = {
    name: 'reindex',
    directory,
    argv: ['./reindex'],
    back: ['./back'],
    writes: [join(base, 'app/index')],
    withinMs: 1000,
  }
  const plain = policyOf()
  const services = [mine, others].map(
    (name): Service => ({
      ...(plain.services[0] as Service),
      name,
      commands: [command],
    }),
  )
  const policy = { ...plain, services }
  const planOf = (service: ServiceName): Plan =>
    commandPlan(policy, services.find(({ name }) => name === service) as Service, command, {
      change: CHANGE,
      revision: 1,
      files: sha256('files'),
      changed: [],
    })
  const kept = (...by: readonly ServiceName[]): RunnerParts => {
    const plans = by.map(planOf)
    const stored = new Map(plans.map((plan) => [planDigest(plan), canonical(plan as unknown as Json)]))
    const of = <T>(each: (plan: Plan) => T) => new Map(plans.map((plan, i) => [execution(i + 1), each(plan)]))
    const place = { state: join(base, 'state') } as Place
    for (const [i] of plans.entries())
      mkdirSync(join(copiesOf(place, execution(i + 1)), COMMAND_TREE), { recursive: true })
    const target = commandTarget(plain.services[0]?.host ?? '', directory)
    return {
      place,
      host: plain.services[0]?.host,
      journal: {
        index: {
          closed: of(() => ({ outcome: 'kept' })),
          accepted: of((plan) => ({ plan: planDigest(plan), fences: [{ target }] })),
        },
      },
      objects: { read: async (_: string, digest: Digest) => Buffer.from(stored.get(digest) ?? '') },
      policies: { current: policy },
      secrets: { all: async () => [] },
    } as unknown as RunnerParts
  }
  return { kept, planOf, services }
}
const execution = (number: number) => `${CHANGE}/${number}` as ExecutionId

test('files are compared with those that were kept for this service, and never with another one’s', async () => {
  const { kept } = world()
  const since = async (...by: readonly ServiceName[]) =>
    (await commandFilesHands(mine, 'reindex', kept(...by))).since
  expect(await since(others)).toBeUndefined()
  expect(await since(mine)).toBe(execution(1))
  expect(await since(mine, others)).toBe(execution(1))
  expect(await since(others, mine)).toBe(execution(2))
})

test('a place that a link leads to is planned and rehearsed by nobody', async () => {
  const read = (at: ReturnType<typeof world>) =>
    commandFilesVerb({ service: mine, name: 'reindex', from: 0 }, at.kept())
  expect((await read(world())).kind).toBe('commandFiles')
  symlinkSync(join(base, 'app'), join(base, 'current'))
  const led = world(join(base, 'current/jobs'))
  const refused = {
    code: 'exec.place_open',
    detail: { component: join(base, 'current'), found: 'link', path: join(base, 'current/jobs') },
  }
  await expect(read(led)).rejects.toMatchObject(refused)
  const [service] = led.services
  await expect(tryCommand(led.planOf(mine), service as Service, led.kept())).rejects.toMatchObject(refused)
  rmSync(join(base, 'app/index'), { recursive: true })
  symlinkSync('/etc', join(base, 'app/index'))
  await expect(read(world())).rejects.toMatchObject({ detail: { path: join(base, 'app/index') } })
})
