// The work `prune` against a real repository: what the rules let go is gone from the listing, or it is not called so.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { quickRepository } from '../../../tests/runner-fixtures/quick-repository.ts'
import type { BackupEvent } from '../../backup/events.ts'
import type { BackupId, KnownCopy } from '../../backup/level.ts'
import { rulesDigest } from '../../backup/rules-digest.ts'
import type { Digest } from '../../base/hash.ts'
import type { ServiceName } from '../../base/id.ts'
import { type Instant, instant } from '../../base/time.ts'
import type { Service } from '../../plans/policy.ts'
import { StageStore } from '../../restore/stage-store.ts'
import { Secrets } from '../../runner/secrets.ts'
import { systemClock } from '../../sys/clock.ts'
import { run } from '../../sys/process.ts'
import { yielding } from '../../tree/yield.ts'
import { KEY, openScene } from '../directory/fixtures/scene.ts'
import type { SnapshotPorts } from '../ports.ts'
import type { WorkContext } from '../work.ts'
import { workPrune } from '../work-prune.ts'
import { type AccessParts, withAccess } from './access.ts'
import { openRepository } from './keep.ts'
import { writeToRepository } from './write.ts'

const SERVICE = 'mirai' as ServiceName
const DAY = 86_400_000
/** The service, without what its rules say of copies. */
const RULED = { name: SERVICE, files: [], data: [], databases: [] }

/** Three snapshots of one old day and one of now, in a repository; `forget`: what becomes of a call to forget. */
async function openPrune(forget: 'done' | 'refused') {
  const scene = await openScene()
  writeFileSync(join(scene.source, 'a'), 'a')
  const written = await scene.write('20261125_000001Z')
  const secrets = new Secrets(join(scene.base, 'secrets'), KEY)
  await secrets.put(SERVICE, 'backup/far', Buffer.from('password'))
  // As an append-only server answers: exit 0, and nothing is gone.
  const process: AccessParts['process'] = (argv, options) =>
    run(forget === 'refused' && argv.includes('forget') ? ['true'] : argv, options)
  const to = join(scene.base, 'repository')
  const rule = { name: 'far', kind: 'restic', to, credential: 'far' } as const
  await quickRepository(to, 'password')
  const parts = {
    host: 'web1',
    process,
    place: { state: join(scene.base, 'state') },
    secrets,
    clock: systemClock,
    mark: { check: () => Promise.resolve({ sound: true }) },
    journal: { rest: [], index: { stages: new Map() } },
    stages: new StageStore(join(scene.base, 'stages')),
    log: () => {},
  } as unknown as SnapshotPorts
  const now = systemClock.now()
  const noon = Math.floor((now - 100 * DAY) / DAY) * DAY
  const taken = [now, noon + 30_000, noon + 20_000, noon + 10_000]
  const copies: KnownCopy[] = []
  await withAccess(rule, { parts, service: SERVICE }, async (access) => {
    await openRepository(access, true)
    for (const [i, at] of taken.entries()) {
      const where = await writeToRepository(
        access,
        { snapshot: scene.snapshot(written.id), bytes: 0 },
        yielding(),
      )
      copies.push(copyOf(`2026010${i + 1}_000000Z`, where, to, instant(at), written.manifest))
    }
  })
  const told: BackupEvent[] = []
  const context = {
    parts,
    service: {
      ...RULED,
      backup: { copies: [rule], keep: { daily: 30, weekly: 0, monthly: 0 }, zone: 'UTC' },
    } as unknown as Service,
    known: () => ({ copies, failures: [], drills: [], places: [], begun: [], lastDone: {} }),
    tell: async (event: BackupEvent) => void told.push(event),
    progress: () => {},
    signal: new AbortController().signal,
  } as unknown as WorkContext
  const snapshots = () => readdirSync(join(to, 'snapshots')).sort()
  return { copies, told, context, snapshots, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() }
}

function copyOf(backup: string, where: string, to: string, taken: Instant, manifest: Digest): KnownCopy {
  return {
    backup: backup as BackupId,
    copy: 'far',
    kind: 'restic',
    to,
    where,
    place: 'off-host',
    state: 'sound',
    level: 'content',
    taken,
    earned: { written: taken, digest: taken, content: taken },
    manifest,
    rules: rulesDigest(RULED),
    bytes: 1,
    entries: 2,
    heldBy: [],
    imported: false,
  }
}

test('what its day’s newest replaces is forgotten, each with its reason, and its bytes with it', async () => {
  await using world = await openPrune('done')
  const { copies, told, context, snapshots } = world
  // Written when the rules named another repository: that this one does not list it says nothing.
  const elsewhere = copyOf(
    '20260105_000000Z',
    'f'.repeat(64),
    '/elsewhere',
    copies[3]?.taken as Instant,
    copies[3]?.manifest as Digest,
  )
  copies.push(elsewhere)
  await workPrune(context)
  const pruned = told.filter(({ event }) => event === 'pruned')
  expect(pruned).toMatchObject([
    { copy: 'far', backup: copies[2]?.backup, why: 'replaced' },
    { copy: 'far', backup: copies[3]?.backup, why: 'replaced' },
  ])
  expect(new Set(snapshots())).toEqual(new Set([copies[0]?.where, copies[1]?.where]))
})

test('trap 2: a removal that was refused with exit 0 is no removal: nothing is called pruned, and the command for another identity is said', async () => {
  await using world = await openPrune('refused')
  const { copies, told, context, snapshots } = world
  const refused = await workPrune(context).catch((cause: unknown) => cause)
  expect(refused).toMatchObject({ code: 'backup.prune_elsewhere' })
  const { command } = (refused as { detail: { command: string } }).detail
  for (const i of [2, 3]) expect(command).toContain(copies[i]?.where.slice(0, 16))
  expect(command).not.toContain(copies[1]?.where.slice(0, 16))
  expect(told.filter(({ event }) => event === 'pruned')).toEqual([])
  expect(snapshots()).toHaveLength(4)
})
