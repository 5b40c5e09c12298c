// Copies on a real file system: what the rules let go goes, and only that.
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ExecutionId } from '../base/id.ts'
import { instant } from '../base/time.ts'
import type { RunnerParts } from './parts.ts'
import { copiesOf } from './place.ts'
import { prune } from './prune.ts'

const NOW = Date.UTC(2027, 5, 1)
const DAY = 86_400_000

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'runner-prune-'))
})
afterEach(() => rm(directory, { recursive: true }))

/** Executions of one file, oldest first: closed so many days ago, or open. */
async function madeOf(days: readonly (number | undefined)[], sound = true) {
  const state = join(directory, 'state')
  const executions = days.map((_, i) => `CHG-2026-000${i}/1` as ExecutionId)
  const copies = executions.map((one) => {
    const name = one.replace('/', '.')
    return join(state, 'copies', name, 'etc/nginx', `a.conf.20261125_140211.${name}`)
  })
  for (const copy of copies) {
    await mkdir(dirname(copy), { recursive: true })
    await writeFile(copy, 'old')
  }
  const parts = {
    place: { state },
    clock: { now: () => NOW },
    mark: { check: () => (sound ? { sound } : { sound, why: 'it jumped' }) },
    journal: {
      damage: undefined,
      index: {
        accepted: new Map(executions.map((one) => [one, {}])),
        closedAt: new Map(
          executions.flatMap((one, i) => {
            const ago = days[i]
            return ago === undefined ? [] : [[one, instant(NOW - ago * DAY)] as const]
          }),
        ),
      },
      known: (one: ExecutionId) => ({
        lines: [
          {
            body: {
              kind: 'copies',
              files: [{ path: '/etc/nginx/a.conf', copy: copies[executions.indexOf(one)] }],
            },
          },
        ],
      }),
    },
  } as unknown as RunnerParts
  const left = async () => (await readdir(join(state, 'copies'))).sort()
  return { parts, copies, left }
}

test('a dry run names what would go, and takes nothing away', async () => {
  const { parts, left } = await madeOf([400, 399, 398, 397, 396, 395, 394])
  const { count, bytes, kept, copies } = await prune(parts, true)
  expect([count, bytes, kept]).toEqual([2, 6, 5])
  expect(copies.map(({ execution }) => execution)).toEqual(['CHG-2026-0000/1', 'CHG-2026-0001/1'])
  expect(await left()).toHaveLength(7)
})

test('an old copy goes with its directories, and open and younger executions keep theirs', async () => {
  const { parts, left } = await madeOf([400, undefined, 100, 5, 4, 3, 2, 1])
  expect(await prune(parts, false)).toMatchObject({ count: 1, kept: 7 })
  expect(await left()).toEqual([1, 2, 3, 4, 5, 6, 7].map((i) => `CHG-2026-000${i}.1`))
  // The second time there is nothing to do.
  expect(await prune(parts, false)).toMatchObject({ count: 0, kept: 7 })
})

test('nothing goes while the clock is not sound', async () => {
  const { parts, left } = await madeOf([400, 6, 5, 4, 3, 2, 1], false)
  await expect(prune(parts, false)).rejects.toMatchObject({ code: 'runner.clock_unsound' })
  expect(await left()).toHaveLength(7)
})

test('a link that was put on the way leads nowhere', async () => {
  const { parts, copies } = await madeOf([400, 6, 5, 4, 3, 2, 1])
  const [copy = ''] = copies
  const elsewhere = join(directory, 'elsewhere')
  await mkdir(elsewhere)
  const victim = join(elsewhere, copy.slice(dirname(copy).length + 1))
  await writeFile(victim, 'of somebody else')
  await rm(dirname(copy), { recursive: true })
  await symlink(elsewhere, dirname(copy))
  expect(await prune(parts, false)).toMatchObject({ count: 0 })
  expect((await stat(victim)).size).toBe(16)
})

test('trees of a migration tool go by the same rule, and the one of the newest kept execution stays', async () => {
  const { parts, left } = await madeOf([400, 399, 398, 397, 396, undefined, 394, 393, 392])
  const executions = [...parts.journal.index.accepted.keys()]
  for (const [i, one] of executions.entries()) {
    const tree = join(copiesOf(parts.place, one), `tool-0123${i === 0 ? '.part' : ''}`)
    await mkdir(join(tree, 'versions'), { recursive: true })
    await writeFile(join(tree, 'versions', '1.py'), 'old')
    await rm(join(copiesOf(parts.place, one), 'etc'), { recursive: true })
  }
  Object.assign(parts, { objects: { read: () => Promise.reject(new Error('none')) } })
  Object.assign(parts.journal.index, {
    closed: new Map(executions.map((one, i) => [one, { outcome: i <= 2 ? 'kept' : 'rolled_back' }])),
  })
  const dry = await prune(parts, true)
  expect(dry.copies.map(({ execution, bytes }) => [execution, bytes])).toEqual([
    ['CHG-2026-0000/1', 3],
    ['CHG-2026-0001/1', 3],
    ['CHG-2026-0003/1', 3],
  ])
  expect(await left()).toHaveLength(9)
  expect(await prune(parts, false)).toMatchObject({ count: 3, bytes: 9 })
  expect(await left()).toEqual([2, 4, 5, 6, 7, 8].map((i) => `CHG-2026-000${i}.1`))
  expect(await prune(parts, false)).toMatchObject({ count: 0 })
})
