import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BackupEvent } from '../backup/events.ts'
import type { KnownCopy } from '../backup/level.ts'
import type { Backups } from '../backup/levels.ts'
import { run } from '../sys/process.ts'
import type { WorkContext } from './work.ts'
import { prunePlan, workPrune } from './work-prune.ts'

let to: string
beforeEach(() => {
  to = mkdtempSync(join(tmpdir(), 'sekisho-prune-'))
})
afterEach(() => rmSync(to, { recursive: true }))

const copy = (id: string, more: Partial<KnownCopy> = {}) =>
  ({
    backup: id,
    copy: 'local',
    kind: 'directory',
    to,
    where: '',
    place: 'other-disk',
    state: 'sound',
    level: 'content',
    taken: `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}T00:00:00.000Z`,
    earned: {},
    manifest: 'x',
    bytes: 1,
    entries: 1,
    heldBy: [],
    imported: false,
    ...more,
  }) as unknown as KnownCopy

/** Only what a prune asks for. */
function contextOf(
  copies: readonly KnownCopy[],
  told: BackupEvent[],
  stages: Readonly<
    Record<string, { readonly expires: string; readonly backups: readonly string[]; readonly kept: boolean }>
  > = {},
): WorkContext {
  return {
    parts: {
      clock: { now: () => Date.parse('2026-11-25T12:00:00Z') },
      mark: { check: async () => ({ sound: true }) },
      journal: { rest: [], index: { stages: new Map(Object.entries(stages)) } },
      stages: { list: async () => Object.keys(stages).filter((name) => stages[name]?.kept === true) },
      process: run,
      killPoint: () => {},
      policies: {},
    },
    service: {
      name: 'app',
      backup: { keep: { daily: 1, weekly: 0, monthly: 0 }, zone: 'UTC', copies: [] },
    },
    known: () => ({ copies }),
    tell: async (event: BackupEvent) => {
      told.push(event)
    },
    progress: () => {},
    signal: new AbortController().signal,
  } as unknown as WorkContext
}

test('a snapshot that somebody removed by hand is said to be gone, and keeps nothing older from being pruned', async () => {
  for (const id of ['20261125_000000Z', '20260102_000000Z'])
    mkdirSync(join(to, 'daily', id), { recursive: true })
  const told: BackupEvent[] = []
  const copies = [
    copy('20261125_000000Z'),
    copy('20260103_000000Z'),
    copy('20260102_000000Z'),
    copy('20260101_000000Z', { state: 'suspect', why: 'gone' }),
  ]
  await workPrune(contextOf(copies, told))
  expect(told.map((one) => (one.event === 'pruned' ? [one.backup, one.why === 'gone'] : one))).toEqual([
    ['20260103_000000Z', true],
    ['20260102_000000Z', false],
    ['20260101_000000Z', true],
  ])
  expect(readdirSync(join(to, 'daily'))).toEqual(['20261125_000000Z'])
})

test('a target that is away fails, and says nothing of its copies', async () => {
  const told: BackupEvent[] = []
  // The mount point is there, and empty.
  mkdirSync(join(to, 'not-mounted'))
  const away = contextOf(
    [copy('20261125_000000Z'), copy('20260102_000000Z', { to: join(to, 'not-mounted') })],
    told,
  )
  await expect(workPrune(away)).rejects.toMatchObject({ code: 'backup.target_missing' })
  expect(told).toEqual([])
  expect(readdirSync(join(to, 'not-mounted'))).toEqual([])
})

test('what goes is told before it goes', async () => {
  const copies = [copy('20261125_000000Z'), copy('20260102_000000Z'), copy('20260101_000000Z')]
  const { service, parts } = contextOf(copies, [])
  const { verdicts, blocked } = await prunePlan(service, { copies } as unknown as Backups, parts)
  expect(blocked).toBeUndefined()
  expect(verdicts.map(({ copy: one, keep }) => [one.backup, keep])).toEqual([
    ['20261125_000000Z', true],
    ['20260102_000000Z', false],
    ['20260101_000000Z', false],
  ])
})

test('what a restore was made of is kept as long as the original that it replaced', async () => {
  const copies = ['20261125', '20260103', '20260102', '20260101'].map((day) => copy(`${day}_000000Z`))
  const { service, parts } = contextOf(copies, [], {
    'carried-out': { expires: '2026-11-24T00:00:00.000Z', backups: ['20260103_000000Z'], kept: true },
    waits: { expires: '2026-11-25T14:00:00.000Z', backups: ['20260102_000000Z'], kept: false },
    past: { expires: '2026-11-24T00:00:00.000Z', backups: ['20260101_000000Z'], kept: false },
  })
  const { verdicts } = await prunePlan(service, { copies } as unknown as Backups, parts)
  expect(verdicts.filter(({ keep }) => !keep).map(({ copy: one }) => one.backup)).toEqual([
    '20260101_000000Z',
  ])
})
