// Room is promised once: restores of two services that are laid out at once on one volume do not both count what is free.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SnapshotPorts } from './ports.ts'
import { holdFree, needFree } from './room.ts'

const MB = 1_048_576
const FLOOR = 10 * MB
const parts = { policies: { current: { rules: { floorBytes: FLOOR } } } } as unknown as SnapshotPorts
let volume: string
beforeAll(() => {
  volume = mkdtempSync(join(tmpdir(), 'sekisho-room-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'none', volume])
})
afterAll(() => {
  execFileSync('umount', ['-l', volume])
  rmSync(volume, { recursive: true, force: true })
})
const fill = (name: string, bytes: number) => writeFileSync(join(volume, name), Buffer.alloc(bytes))
const code = (asked: Promise<unknown>) =>
  asked.then(
    () => 'room',
    (cause: { code: string }) => cause.code,
  )
const need = (bytes: number) => code(needFree(volume, bytes, parts))

test('two at once are not promised the same bytes; what is let go is there again', async () => {
  const both = await Promise.allSettled([holdFree(volume, 60 * MB, parts), holdFree(volume, 60 * MB, parts)])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const refused = both.find((one) => one.status === 'rejected')
  expect(refused?.reason).toMatchObject({ code: 'backup.no_space', detail: { promised: 60 * MB } })
  expect(refused?.reason.detail.free).toBeGreaterThan(39 * MB)
  for (const one of both) if (one.status === 'fulfilled') one.value[Symbol.dispose]()
  expect(await need(60 * MB)).toBe('room')
})

test('what is written already of what was promised is not counted twice', async () => {
  const first = await holdFree(volume, 60 * MB, parts)
  expect([await need(29 * MB), await need(31 * MB)]).toEqual(['room', 'backup.no_space'])
  fill('a', 40 * MB)
  expect([await need(29 * MB), await need(31 * MB)]).toEqual(['room', 'backup.no_space'])
  fill('a', 60 * MB)
  expect([await need(29 * MB), await need(31 * MB)]).toEqual(['room', 'backup.no_space'])
  const second = await holdFree(volume, 20 * MB, parts)
  // The first one has come to its end: what it wrote stays, and what the second will write is kept.
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  expect([await need(9 * MB), await need(11 * MB)]).toEqual(['room', 'backup.no_space'])
  // Somebody makes room.
  rmSync(join(volume, 'a'))
  expect([await need(69 * MB), await need(71 * MB)]).toEqual(['room', 'backup.no_space'])
  second[Symbol.dispose]()
  expect(await need(89 * MB)).toBe('room')
})

test('what others write meanwhile is not there for anybody', async () => {
  using _held = await holdFree(volume, 20 * MB, parts)
  fill('log', 80 * MB)
  expect([await need(9 * MB), await need(11 * MB)]).toEqual(['room', 'backup.no_space'])
  rmSync(join(volume, 'log'))
})
