// Jobs run at once and then at their interval, one at a time, whatever befalls them.
import { expect, test } from 'vitest'
import type { Clock } from '../base/time.ts'
import { silentLog } from '../db/log.ts'
import { startSchedule } from './schedule.ts'

/** A clock whose time passes only when the test says so. */
function handClock() {
  const sleepers: { readonly at: number; readonly wake: () => void }[] = []
  let now = 0
  const clock: Clock = {
    now: () => now,
    uptime: () => now,
    boot: () => 'boot',
    sleep: (ms, signal) =>
      new Promise((wake, fail) => {
        if (signal?.aborted === true) fail(new Error('aborted'))
        sleepers.push({ at: now + ms, wake })
        signal?.addEventListener('abort', () => fail(new Error('aborted')))
      }),
  }
  const settle = () => new Promise((done) => setImmediate(done))
  return {
    clock,
    settle,
    pass: async (ms: number) => {
      now += ms
      for (const sleeper of sleepers.splice(0))
        if (sleeper.at <= now) sleeper.wake()
        else sleepers.push(sleeper)
      await settle()
    },
  }
}

test('at once, then at each interval', async () => {
  const { clock, pass, settle } = handClock()
  let runs = 0
  const schedule = startSchedule(
    [{ name: 'j', everyMs: 100, run: async () => void runs++ }],
    clock,
    silentLog,
  )
  await settle()
  expect(runs).toBe(1)
  await pass(99)
  expect(runs).toBe(1)
  await pass(1)
  expect(runs).toBe(2)
  await schedule.stop()
  await pass(1000)
  expect(runs).toBe(2)
})

test('a failure is told and the next tick runs', async () => {
  const { clock, pass, settle } = handClock()
  const told: object[] = []
  const log = { ...silentLog, warn: (fields: object) => void told.push(fields) }
  let runs = 0
  const run = async () => {
    runs++
    throw new Error('no')
  }
  const schedule = startSchedule([{ name: 'j', everyMs: 100, run }], clock, log)
  await settle()
  await pass(100)
  expect(runs).toBe(2)
  expect(told).toEqual([
    { job: 'j', why: 'Error: no' },
    { job: 'j', why: 'Error: no' },
  ])
  await schedule.stop()
})

test('a slow job is not started a second time beside itself, and stop waits for it', async () => {
  const { clock, pass, settle } = handClock()
  let runs = 0
  let finish = () => {}
  const run = () => {
    runs++
    return new Promise<void>((done) => {
      finish = done
    })
  }
  const schedule = startSchedule([{ name: 'j', everyMs: 100, run }], clock, silentLog)
  await settle()
  await pass(500)
  expect(runs).toBe(1)
  let stopped = false
  const stopping = schedule.stop().then(() => {
    stopped = true
  })
  await settle()
  expect(stopped).toBe(false)
  finish()
  await stopping
})
