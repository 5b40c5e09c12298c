// The clock's rule as a table, and its file.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Clock } from '../base/time.ts'
import { ClockMark, JUMP_MS, judgeClock } from './clock-mark.ts'

const mark = { at: 1_800_000_000_000, boot: 'a', uptime: 1000 }
const DAY = 86_400_000

test.each<[string, { at: number; boot?: string; uptime?: number }, boolean]>([
  ['a minute that took a minute', { at: 60_000, uptime: 61_000 }, true],
  ['60 s more than has come', { at: 60_000, uptime: 1000 }, true],
  ['61 s more than has come', { at: 61_000, uptime: 1000 }, false],
  ['400 days forward', { at: 400 * DAY, uptime: 2000 }, false],
  ['400 days back', { at: -400 * DAY, uptime: 2000 }, false],
  ['60 s back', { at: -JUMP_MS, uptime: 2000 }, true],
  ['61 s back', { at: -JUMP_MS - 1, uptime: 2000 }, false],
  ['a week switched off', { at: 7 * DAY, boot: 'b', uptime: 5 }, true],
  ['back across a boot', { at: -DAY, boot: 'b', uptime: 5 }, false],
])('%s', (_, { at, boot = 'a', uptime = 0 }, sound) => {
  expect(judgeClock(mark, { at: mark.at + at, boot, uptime }).sound).toBe(sound)
})

test('a slow creep back does not take the mark with it', () => {
  let current = mark
  for (let i = 1; i < 10; i++) {
    const verdict = judgeClock(current, { at: mark.at - i * 30_000, boot: 'a', uptime: 1000 + i })
    if (!verdict.sound) return
    current = verdict.mark
  }
  expect.unreachable('the mark crept')
})

test('frozen until accepted, over a restart too', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'runner-mark-'))
  let at = mark.at
  const clock: Clock = { now: () => at, uptime: () => 1000, boot: () => 'a', sleep: async () => {} }
  const path = join(directory, 'mark.json')
  try {
    const first = await ClockMark.open(path, clock)
    expect(await first.check()).toMatchObject({ sound: true })
    at += 400 * DAY
    expect(await first.check()).toMatchObject({ sound: false, jumped: true })
    expect(await first.check()).toMatchObject({ sound: false, jumped: false })
    const again = await ClockMark.open(path, clock)
    expect(await again.check()).toMatchObject({ sound: false })
    await again.accept()
    expect(await again.check()).toMatchObject({ sound: true })
    expect(await (await ClockMark.open(path, clock)).check()).toMatchObject({ sound: true })
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('many who ask at once are all answered', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'runner-mark-'))
  const clock: Clock = { now: () => mark.at, uptime: () => 1000, boot: () => 'a', sleep: async () => {} }
  try {
    const one = await ClockMark.open(join(directory, 'mark.json'), clock)
    const answers = await Promise.all(Array.from({ length: 50 }, () => one.check()))
    expect(answers.every(({ sound }) => sound)).toBe(true)
  } finally {
    await rm(directory, { recursive: true })
  }
})
