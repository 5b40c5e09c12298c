// Releases that are over are removed; the one that runs, and the one that its way back names, are not. That release was started in the rehearsal and was healthy.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CHANGE, HOST, NOW, PROBE, policyOf, SERVICE, UNIT } from '../../../tests/runner-fixtures/scene.ts'
import { sha256 } from '../../base/hash.ts'
import { canonical, type Json } from '../../base/json.ts'
import { after, milliseconds } from '../../base/time.ts'
import { type CodeStaged, codeStagedDigest } from '../../plans/code.ts'
import type { CodeRules } from '../../plans/code-rules.ts'
import { codePlan } from '../../plans/playbooks/code.ts'
import type { Service } from '../../plans/policy.ts'
import { testService } from '../../rehearsal/fixtures/service.ts'
import { rehearse } from '../../rehearsal/rehearse.ts'
import { noteOf } from '../../tree/original.ts'
import type { RunnerParts } from '../parts.ts'
import { isCodeUsed } from './hands.ts'
import { CodeStages } from './stages.ts'
import { CodeStore } from './store.ts'

const DAY = 86_400_000
const root = mkdtempSync(join(tmpdir(), 'sekisho-releases-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const path = join(root, 'srv')
const code: CodeRules = {
  repo: { path, branch: 'main', deploy: 'releases', shared: [], keep: 2 },
  test: { argv: ['true'], withinMs: 1000, results: { format: 'junit', files: 'r.xml' } },
  rehearse: { withinMs: 1000, realSecrets: [] },
  oneConcern: false,
}
const service: Service = {
  name: SERVICE,
  host: HOST,
  unit: UNIT,
  health: PROBE,
  files: [],
  logs: {},
  code,
}
const policy = { ...policyOf(), services: [service] }

function stagedOf(number: number): CodeStaged {
  return {
    kind: 'code',
    stage: String(number).repeat(32),
    service: SERVICE,
    at: NOW,
    expires: after(NOW, DAY),
    commit: String(number).repeat(40),
    subject: 'feat: greet',
    before: { branch: 'main', commit: 'b'.repeat(40), subject: 'first', status: [] },
    deploy: 'releases',
    path,
    release: {
      path: join(path, 'releases', `r${number}`),
      link: join(path, 'current'),
      leads: `releases/r${number - 1}`,
    },
    artefact: { digest: sha256('built'), entries: 3, bytes: 5 },
    files: [],
    impact: {
      routes: [],
      models: [],
      migrations: [],
      environment: [],
      units: [],
      dependencies: [],
      importers: [],
      findings: [],
      notRead: [],
    },
    rehearsal: {
      verdict: 'green',
      deploy: [1],
      back: [1],
      differences: [],
      notCompared: [],
      realSecrets: [],
      expires: after(NOW, DAY),
    },
  }
}

test.runIf(process.geteuid?.() === 0)(
  'N24: the release that the way back names is not removed, and the receipt shows that it was started and healthy',
  async () => {
    const one = testService()
    try {
      const { receipt } = await rehearse(one.ports, { ...one.spec, runs: 2 })
      expect(receipt).toMatchObject({ verdict: 'green', runs: 2, backHealthy: 2 })
    } finally {
      one.remove()
    }

    const store = new CodeStore(join(root, 'state'))
    mkdirSync(join(path, 'releases'), { recursive: true })
    const plans = new Map<string, Buffer>()
    const executions = new Map<string, string>()
    const stages = new Map<string, { digest: string }>()
    for (const number of [1, 2, 3, 4]) {
      const staged = stagedOf(number)
      mkdirSync(staged.release?.path ?? '')
      // As an exchange leaves it that found another link than the one that was staged for.
      const beside = join(path, `.current.sekisho-${staged.stage}`)
      for (const one of [beside, noteOf(beside)]) writeFileSync(one, '')
      const places = [{ path: join(path, 'current'), beside, staged: '1:2:3', live: '1:3:4' }]
      await store.save({ staged, places, quarantine: '/q', tree: 't', own: [beside] })
      stages.set(staged.stage, { digest: codeStagedDigest(staged) })
      // The fourth was staged, and nobody went on with it.
      if (number === 4) continue
      const plan = codePlan(policy, service, { change: CHANGE, revision: number, staged, message: 'x\n' })
      const bytes = Buffer.from(canonical(plan as unknown as Json))
      plans.set(sha256(bytes), bytes)
      executions.set(`CHG-2026-000${number}/1`, sha256(bytes))
    }
    symlinkSync('releases/r3', join(path, 'current'))
    const parts = {
      code: store,
      bundles: { sweep: async () => {} },
      clock: { now: () => milliseconds(NOW) + 40 * DAY },
      log: () => {},
      place: { rooms: join(root, 'rooms'), code: join(root, 'code') },
      policies: { current: policy },
      objects: {
        read: async (_: string, digest: string) => plans.get(digest) ?? Promise.reject(new Error('gone')),
      },
      journal: {
        index: {
          stages,
          open: () => [],
          accepted: new Map([...executions].map(([id, plan]) => [id, { plan }])),
          closed: new Map([...executions].map(([id]) => [id, { outcome: 'kept' }])),
        },
      },
    } as unknown as RunnerParts
    await new CodeStages(parts, () => Promise.reject(new Error('unused')), isCodeUsed).sweep()
    const stands = [1, 2, 3, 4].filter((number) => existsSync(join(path, 'releases', `r${number}`)))
    // The first and the fourth are over: that something is removed at all is seen by them.
    expect(stands).toEqual([2, 3])
    const left = [2, 3].map((number) => `.current.sekisho-${String(number).repeat(32)}`)
    expect(readdirSync(path).filter((name) => name.startsWith('.'))).toEqual(
      left.flatMap((one) => [one, noteOf(one)]),
    )
    expect((await store.list()).toSorted()).toEqual(['2'.repeat(32), '3'.repeat(32)])
  },
)
