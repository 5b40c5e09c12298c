// A plan of a schema that takes an earlier one back: it asks no health of the service, and only this runner's own journal makes it one.
import { expect, test } from 'vitest'
import { CHANGE, policyOf } from '../../tests/runner-fixtures/scene.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import type { ExecutionId } from '../base/id.ts'
import { canonical, type Json } from '../base/json.ts'
import type { SqlFile } from '../plans/actions/migrate.ts'
import { type Plan, planDigest } from '../plans/plan.ts'
import { isSchemaPlan, type Migrated, schemaPlan } from '../plans/playbooks/schema.ts'
import { checkRow, isNeeded } from '../seal/checks.ts'
import type { ActContext } from './act/context.ts'
import { applyMigration } from './act/migrate.ts'
import { isKnownWayBack } from './known-way-back.ts'
import type { RunnerParts } from './parts.ts'

const database = {
  name: 'app',
  port: 5432,
  migrations: { role: 'app', lockMs: 5000, withinMs: 60_000 },
} as unknown as Migrated
const policy = policyOf()
const service = {
  ...policyOf().services[0],
  databases: [database],
  health: { url: 'http://127.0.0.1:1/' },
} as unknown as Parameters<typeof schemaPlan>[1]
const file = (name: string): SqlFile => ({ name, digest: sha256(name), size: 10 })
const [up, down, other] = [file('up.sql'), file('down.sql'), file('other.sql')]
const planned = (does: { up: SqlFile; down: SqlFile; back?: true }) =>
  schemaPlan(policy, service, database, {
    change: CHANGE,
    revision: 1,
    database: 'app',
    does,
    catalogue: sha256('catalogue'),
  })
const migrationOf = (plan: Plan) => {
  const action = plan.actions[0]?.action
  if (action?.kind !== 'migrate') throw new Error('no migration')
  return action
}

test('a way back asserts no health, needs no such check, and is the plan that the playbook makes', () => {
  const forth = planned({ up, down })
  const back = planned({ up: down, down: up, back: true })
  expect([forth, back].map(({ pre }) => pre.map(({ kind }) => kind))).toEqual([
    ['health', 'backup'],
    ['backup'],
  ])
  expect([forth, back].map((one) => isNeeded(checkRow('health'), one))).toEqual([true, false])
  expect([forth, back].map((one) => isSchemaPlan(one, policy, service))).toEqual([true, true])
  expect(isSchemaPlan({ ...forth, pre: back.pre }, policy, service)).toBe(false)
})

test('so does the turn of a tool that takes its last one back', () => {
  const declared = { directory: '/srv/app', up: ['/bin/up'], down: ['/bin/down'], status: ['/bin/status'] }
  const byTool = {
    ...database,
    migrations: { ...database.migrations, tool: declared },
  } as unknown as Migrated
  const turned = (tool: 'up' | 'down') =>
    schemaPlan(policy, service, byTool, {
      change: CHANGE,
      revision: 1,
      database: 'app',
      does: { tool, files: sha256('files') },
      catalogue: sha256('catalogue'),
    })
  const both = [turned('up'), turned('down')]
  expect(both.map(({ pre }) => pre.length)).toEqual([2, 1])
  expect(both.map((one) => isNeeded(checkRow('health'), one))).toEqual([true, false])
  const withTool = { ...service, databases: [byTool] }
  expect(both.map((one) => isSchemaPlan(one, policy, withTool))).toEqual([true, true])
  expect(isSchemaPlan({ ...turned('up'), pre: turned('down').pre }, policy, withTool)).toBe(false)
})

function parts(plans: readonly (readonly [Plan, 'kept' | 'rolled_back'])[]) {
  const stored = new Map(plans.map(([plan]) => [planDigest(plan), canonical(plan as unknown as Json)]))
  const of = <T>(each: (plan: Plan, outcome: string) => T) =>
    new Map(plans.map(([plan, outcome], i) => [`${CHANGE}/${i + 1}` as ExecutionId, each(plan, outcome)]))
  const index = {
    closed: of((_, outcome) => ({ outcome })),
    accepted: of((plan) => ({ plan: planDigest(plan) })),
  }
  const read = async (_: string, digest: Digest) => Buffer.from(stored.get(digest) ?? '')
  return { journal: { index }, objects: { read } } as unknown as RunnerParts
}

test('part of S27: where the trial has no numbers of what a way back loses, it is not run', async () => {
  const back = migrationOf(planned({ up: down, down: up, back: true }))
  const untouched = async () => {
    throw new Error('no file may be read')
  }
  const { result, detail } = await applyMigration(back, { blob: untouched } as unknown as ActContext)
  expect([result, detail['why']]).toEqual(['failed', 'schema.losses_unknown'])
})

test('it is one where this runner has kept the same two files the other way round', async () => {
  const back = migrationOf(planned({ up: down, down: up, back: true }))
  expect(await isKnownWayBack(back, parts([[planned({ up, down }), 'kept']]))).toBe(true)
  expect(await isKnownWayBack(back, parts([[planned({ up, down }), 'rolled_back']]))).toBe(false)
  expect(await isKnownWayBack(back, parts([[planned({ up: other, down }), 'kept']]))).toBe(false)
  expect(await isKnownWayBack(back, parts([[planned({ up: down, down: up }), 'kept']]))).toBe(false)
  expect(await isKnownWayBack(back, parts([]))).toBe(false)
})
