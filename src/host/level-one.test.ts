// The evidence of level 1 on this machine, without a unit: what is collected, and what a late or failing collector does.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { policyOf } from '../../tests/accept/acts-world.ts'
import { decode } from '../base/decode.ts'
import { diskItem, memoryItem, signsItem } from '../seal/evidence-facts.ts'
import { systemClock } from '../sys/clock.ts'
import { run } from '../sys/process.ts'
import type { ReadContext } from './context.ts'
import { collectLevelOne } from './level-one.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-level-one-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function world(clock = systemClock) {
  const error = join(directory, 'error.log')
  writeFileSync(error, `${new Date().toISOString()} ERROR [Errno 24] Too many open files\n`)
  const policy = policyOf([], { logs: { error } })
  const [service] = policy.services
  if (service === undefined) throw new Error('no service')
  const context: ReadContext = {
    run,
    clock,
    policy,
    keyed: () => '',
    signal: new AbortController().signal,
    systemctl: false,
  }
  return { service, context }
}

test('what causes are looked for in is read by the shapes of the gate', async () => {
  const { service, context } = world()
  const { items, gaps } = await collectLevelOne(service, context)
  const of = (name: string): unknown =>
    JSON.parse(items.find((one) => one.name === name)?.bytes.toString('utf8') ?? 'null')
  expect(gaps).toEqual([])
  expect(decode(memoryItem, of('memory'))).toMatchObject({ ok: true })
  expect(decode(diskItem, of('disk'))).toMatchObject({ ok: true, value: { notRead: [] } })
  expect(decode(signsItem, of('signs'))).toMatchObject({
    ok: true,
    value: { logs: [{ log: 'errorLog', state: 'read', found: [{ sign: 'descriptors', count: 1 }] }] },
  })
})

test('N12 a collector that is late, and one that fails, are gaps; all others are there', async () => {
  const limits: number[] = []
  // The time of the fifth collector, the slow one, is over at once; the others are done before theirs is.
  const clock = {
    ...systemClock,
    sleep: async (ms: number, signal?: AbortSignal) => {
      const number = limits.push(ms)
      await systemClock.sleep(number === 5 ? 10 : 60_000, signal)
    },
  }
  const { service, context } = world(clock)
  const { items, gaps } = await collectLevelOne(service, context, {
    slow: () => new Promise(() => {}),
    broken: () => Promise.reject(new Error('no such thing')),
  })
  expect(gaps).toEqual([
    { name: 'broken', why: 'failed' },
    { name: 'slow', why: 'late' },
  ])
  expect(items.map(({ name }) => name)).toEqual(['disk', 'errorLog', 'memory', 'signs'])
  expect(Math.max(...limits)).toBeLessThan(20_000)
})
