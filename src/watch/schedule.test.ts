// What sekisho-watch does where its disk takes nothing, and with very many results.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Instant, instant } from '../base/time.ts'
import { type CheckId, type CheckResult, readRound } from '../checks/result.ts'
import { watchPlacesOf } from '../checks/watch-places.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { systemClock } from '../sys/clock.ts'
import { type Looker, PARTS_AT_MOST, worstOf } from './looker.ts'
import { keepLooking } from './schedule.ts'
import { Spool } from './spool.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-spool-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const ID = 'host/disk' as CheckId
const AT = '2026-12-01T00:00:00.000Z' as Instant
const result = (check: string, state: CheckResult['state'] = 'red'): CheckResult => ({
  check: check as CheckId,
  at: AT,
  state,
  code: 'check.disk_full',
  values: { path: check },
})
const written = (spool: string) =>
  readdirSync(spool)
    .sort()
    .map((name) => readRound(JSON.parse(readFileSync(join(spool, name), 'utf8'))))

test('a disk that takes nothing stops nothing: it is said, and the next look is written', async () => {
  const places = watchPlacesOf(directory)
  const real = await Spool.open(places, systemClock)
  const over = new AbortController()
  const said: string[] = []
  let [uptime, writes] = [0, 0]
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  const spool = {
    beat: () => Promise.reject(full),
    write: async (ran: readonly CheckId[], results: readonly CheckResult[]) => {
      writes++
      if (writes <= 3) throw full
      await real.write(ran, results)
      over.abort()
    },
  }
  const clock = {
    ...systemClock,
    uptime: () => uptime,
    now: () => uptime,
    sleep: async () => {
      uptime += 60_000
      await new Promise((resolve) => setImmediate(resolve))
      if (uptime > 3_600_000) over.abort()
    },
  }
  await keepLooking({
    clock,
    policy: () => ({ version: 'v1' }) as CompiledPolicy,
    looker: {
      definitions: () => [
        { id: ID, item: 'disk', everyMs: 60_000, collector: 'watch', bad: 1, of: 1, goodAfter: 1 },
      ],
      look: async () => ({ ran: [ID], results: [{ ...result('host/disk:/'), at: instant(uptime) }] }),
    } as unknown as Looker,
    spool: spool as unknown as Spool,
    network: async () => ({ network: 'unknown', names: [] }),
    log: (sentence) => said.push(sentence),
    signal: over.signal,
  })
  expect(said.filter((one) => one === 'a round was not written')).toHaveLength(3)
  expect(said).toContain('the beat cannot be written')
  expect(written(places.spool).length).toBeGreaterThanOrEqual(1)
})

test('very many results are several rounds, the parts of one check in one of them', async () => {
  const places = watchPlacesOf(directory)
  const spool = await Spool.open(places, systemClock)
  const families = ['host/disk', 'host/inodes', 'app/rotation'] as CheckId[]
  const results = families.flatMap((family) =>
    Array.from({ length: 4000 }, (_, i) => result(`${family}:/${i}`)),
  )
  await spool.write(families, results)
  const rounds = written(places.spool)
  expect(rounds.map((one) => one?.ran)).toEqual(families.map((one) => [one]))
  expect(rounds.flatMap((one) => one?.results ?? [])).toHaveLength(results.length)
})

test('of more parts than a round holds the worst are kept, and that there are more is said', () => {
  const judged = Array.from({ length: 12_000 }, (_, i) => ({
    part: `/${i}`,
    state: i % 2 === 0 ? ('good' as const) : ('red' as const),
    code: 'check.disk',
    values: {},
  }))
  const [first, ...rest] = worstOf(judged)
  expect(first).toMatchObject({ state: 'no_data', code: 'check.too_many', values: { count: 12_000 } })
  expect(rest).toHaveLength(PARTS_AT_MOST)
  expect(rest.filter(({ state }) => state === 'red')).toHaveLength(6000)
})
