// With which copies the files of a migration tool are compared: those of a kept change whose files approvers were shown, of the same database.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CHANGE, policyOf } from '../../tests/runner-fixtures/scene.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { type ExecutionId, schemaTarget } from '../base/id.ts'
import { canonical, type Json } from '../base/json.ts'
import { type Plan, planDigest } from '../plans/plan.ts'
import { type Migrated, schemaPlan } from '../plans/playbooks/schema.ts'
import type { RunnerParts } from './parts.ts'
import { copiesOf, type Place } from './place.ts'
import { toolFilesHands } from './tool-files.ts'

let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'tool-files-'))
})
afterEach(() => rmSync(state, { recursive: true, force: true }))

const database = {
  name: 'app',
  port: 5432,
  migrations: {
    role: 'app',
    lockMs: 5000,
    withinMs: 60_000,
    tool: { directory: '/srv/app', up: ['/bin/up'], down: ['/bin/down'], status: ['/bin/status'] },
  },
} as unknown as Migrated
const policy = policyOf()
const service = { ...policy.services[0], databases: [database] } as unknown as Parameters<
  typeof schemaPlan
>[1]
const execution = (number: number) => `${CHANGE}/${number}` as ExecutionId

/** Of this release, or of one that told nobody of the files. */
const byTool = (shown: 'shown' | 'not shown', files: string): Plan =>
  schemaPlan(policy, service, database, {
    change: CHANGE,
    revision: 1,
    database: 'app',
    does: { tool: 'up', files: sha256(files), ...(shown === 'shown' ? { changed: [] } : {}) },
    catalogue: sha256('catalogue'),
  })

/** Executions in their order, each with its copies of the tool's files. */
function parts(plans: readonly Plan[], outcome = 'kept'): RunnerParts {
  const stored = new Map(plans.map((plan) => [planDigest(plan), canonical(plan as unknown as Json)]))
  const of = <T>(each: (plan: Plan) => T) => new Map(plans.map((plan, i) => [execution(i + 1), each(plan)]))
  const place = { state } as Place
  for (const [i] of plans.entries())
    mkdirSync(join(copiesOf(place, execution(i + 1)), 'tool-0123'), { recursive: true })
  return {
    place,
    host: service.host,
    journal: {
      index: {
        closed: of(() => ({ outcome })),
        accepted: of((plan) => ({
          plan: planDigest(plan),
          fences: [{ target: schemaTarget(service.host, 5432, 'app') }],
        })),
      },
    },
    objects: {
      read: async (_: string, digest: Digest) => {
        const text = stored.get(digest)
        if (text === undefined) throw new Error('gone')
        return Buffer.from(text)
      },
    },
    policies: { current: policy },
    secrets: { all: async () => [] },
  } as unknown as RunnerParts
}
const sinceOf = async (of: RunnerParts) => (await toolFilesHands(5432, 'app', of)).since

test('files are compared with those of the last kept change whose files were shown; of an earlier release there is none', async () => {
  expect(await sinceOf(parts([byTool('not shown', 'a')]))).toBe(undefined)
  expect(await sinceOf(parts([byTool('shown', 'a')]))).toBe(execution(1))
  expect(await sinceOf(parts([byTool('shown', 'a'), byTool('not shown', 'b')]))).toBe(execution(1))
  expect(await sinceOf(parts([byTool('shown', 'a'), byTool('shown', 'b')]))).toBe(execution(2))
  expect(await sinceOf(parts([byTool('shown', 'a')], 'rolled_back'))).toBe(undefined)
})

test('where the plan is not there any more, nothing is compared', async () => {
  const of = parts([byTool('shown', 'a')])
  const objects = { read: () => Promise.reject(new Error('gone')) }
  expect(await sinceOf({ ...of, objects } as unknown as RunnerParts)).toBe(undefined)
})
