// The engine of the checks: how looks become a state. Every case is a table of looks and the state after each.
import { describe, expect, test } from 'vitest'
import { instant } from '../base/time.ts'
import type { Agreement, CheckDefinition } from './definition.ts'
import { causeOf, FOLLOWS, WATCH_SILENT } from './dependencies.ts'
import { agedState, fold, type Kept, shownState } from './engine.ts'
import { mutedUntil } from './mute.ts'
import { type CheckId, type CheckResult, ROUND_NAME, readRound, roundName, type Seen } from './result.ts'

const START = Date.UTC(2026, 10, 25, 12)
const at = (seconds: number) => instant(START + seconds * 1000)
const CHECK = 'mirai/api' as CheckId
const look = (seconds: number, state: Seen, more: Partial<CheckResult> = {}): CheckResult => ({
  check: CHECK,
  at: at(seconds),
  state,
  code: `check.${state}`,
  values: {},
  ...more,
})
const TWO: Agreement = { bad: 2, of: 2, goodAfter: 2 }
const ONE: Agreement = { bad: 1, of: 1, goodAfter: 1 }

function states(rule: Agreement, seen: readonly Seen[], stepSeconds = 20) {
  let kept: Kept | undefined
  const found: string[] = []
  for (const [i, state] of seen.entries()) {
    const folded = fold(kept, look(i * stepSeconds, state), rule)
    kept = folded.kept
    found.push(folded.from === undefined ? kept.state : `${folded.from}>${kept.state}`)
  }
  return found
}

describe('part of S49: the state of a check', () => {
  test('N of M: one bad look among good ones is no finding, and is not shown as good either', () => {
    expect(states(TWO, ['good', 'red', 'good', 'good'])).toEqual(['good', 'good', 'good', 'good'])
    expect(states(TWO, ['good', 'red', 'red', 'good', 'good'])).toEqual([
      'good',
      'good',
      'good>red',
      'red',
      'red>good',
    ])
    const once = fold(fold(undefined, look(0, 'good'), TWO).kept, look(1, 'red'), TWO).kept
    expect([once.state, shownState(once)]).toEqual(['good', 'warning'])
  })

  test('the first look stands at once, and no data is a state of its own', () => {
    expect(states(TWO, ['red'])).toEqual(['good>red'])
    expect(states(ONE, ['good', 'no_data', 'red', 'good'])).toEqual([
      'good',
      'good>no_data',
      'no_data>red',
      'red>good',
    ])
  })

  test('a limit has a band: just below it is not good again', () => {
    const rule: Agreement = { ...ONE, band: 2 }
    const disk = (seconds: number, value: number) =>
      look(seconds, value > 80 ? 'red' : 'good', { value, values: { limit: 80, percent: value } })
    let kept = fold(undefined, disk(0, 81), rule).kept
    kept = fold(kept, disk(1, 79), rule).kept
    expect(kept).toMatchObject({ state: 'red', code: 'check.red', values: { percent: 79 } })
    kept = fold(kept, disk(2, 78), rule).kept
    expect(kept).toMatchObject({ state: 'good', values: { percent: 78 } })
  })

  test('what goes back and forth is held as bad until it is quiet', () => {
    const swings: Seen[] = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 'good' : 'red'))
    const found = states(ONE, swings, 60)
    expect(found.slice(-4)).toEqual(['red', 'red', 'red', 'red'])
    expect(found.filter((one) => one.includes('>')).length).toBeLessThanOrEqual(6)
    // Quiet for ten minutes, and it is good again.
    const calm = states(ONE, [...swings, ...Array.from({ length: 15 }, () => 'good' as const)], 60)
    expect(calm.at(-1)).toBe('good')
  })

  test('a state that is held keeps the time of the look that its sentence is of, and what the newest look saw', () => {
    let kept = fold(undefined, look(0, 'good'), ONE).kept
    for (let i = 1; i < 10; i++) kept = fold(kept, look(i * 60, i % 2 === 0 ? 'good' : 'red'), ONE).kept
    kept = fold(kept, look(600, 'good', { code: 'check.health', values: { good: 2 } }), ONE).kept
    expect(kept).toMatchObject({
      state: 'red',
      code: 'check.red',
      lookedAt: at(600),
      saidAt: at(540),
      newest: { state: 'good', code: 'check.health', values: { good: 2 } },
    })
    const again = fold(kept, look(660, 'red'), ONE).kept
    expect(again.saidAt).toBe(at(660))
    expect(again.newest).toBeUndefined()
    const once = fold(fold(undefined, look(0, 'good'), TWO).kept, look(1, 'red'), TWO).kept
    expect(once).toMatchObject({ code: 'check.good', saidAt: at(0), newest: { state: 'red' } })
  })

  test('a result that is not newer changes nothing, so a file may be taken twice', () => {
    const kept = fold(undefined, look(10, 'red'), ONE).kept
    expect(fold(kept, look(10, 'good'), ONE).kept).toBe(kept)
    expect(fold(kept, look(5, 'good'), ONE).kept).toBe(kept)
  })

  test('INVARIANT C1 no sequence of looks is shown as good whose newest look was not', () => {
    const all: Seen[] = ['good', 'warning', 'red', 'no_data']
    for (const rule of [ONE, TWO, { bad: 2, of: 3, goodAfter: 2 }])
      for (let code = 0; code < 4 ** 5; code++) {
        let kept: Kept | undefined
        for (let i = 0; i < 5; i++) {
          const seen = all[Math.floor(code / 4 ** i) % 4] as Seen
          kept = fold(kept, look(i * 20, seen), rule).kept
          if (shownState(kept) === 'good') expect(seen).toBe('good')
        }
      }
  })
})

describe('part of X20: late is seen by the time of the last look', () => {
  const daily = { id: CHECK, item: 'data', everyMs: 86_400_000, collector: 'gate', ...ONE } as CheckDefinition
  const often = { ...daily, item: 'api', everyMs: 20_000 } as CheckDefinition
  const kept = (seconds: number) => ({ state: 'good' as const, lookedAt: at(seconds) })
  test('each in its own time', () => {
    expect(agedState(kept(0), often, at(119), at(-1000))).toBe('good')
    expect(agedState(kept(0), often, at(121), at(-1000))).toBe('late')
    expect(agedState(kept(0), daily, at(93_600), at(-1000))).toBe('good')
    expect(agedState(kept(0), daily, at(93_601), at(-1000))).toBe('late')
    expect(agedState(undefined, often, at(0), at(-60))).toBeUndefined()
    expect(agedState(undefined, often, at(0), at(-600))).toBe('late')
  })
  test('our own restart is no alarm', () => {
    expect(agedState(kept(-7200), often, at(60), at(0))).toBe('good')
    expect(agedState(kept(-7200), often, at(121), at(0))).toBe('late')
  })
})

describe('the dependency table', () => {
  const bad = (check: string, state: 'red' | 'late' = 'red', second = 0) => ({
    check: check as CheckId,
    state,
    since: at(second),
  })
  test('an item follows from its cause where that is bad too, of its own service and of the machine', () => {
    expect(causeOf(bad(CHECK, 'red'), [bad('mirai/api'), bad('mirai/service')])).toBe('mirai/service')
    expect(causeOf(bad(CHECK, 'red'), [bad('mirai/api'), bad('other/service')])).toBeUndefined()
    expect(causeOf(bad(CHECK, 'red'), [bad('host/disk:/var')])).toBe('host/disk:/var')
    expect(causeOf(bad('mirai/service' as CheckId, 'red'), [bad('mirai/api')])).toBeUndefined()
    expect(causeOf(bad('host/memory' as CheckId, 'late'), [bad(WATCH_SILENT)])).toBe(WATCH_SILENT)
  })
  test('that users are not served is told by itself, where its cause has been red for long', () => {
    expect(causeOf(bad('mirai/api', 'red', 3600), [bad('mirai/data')])).toBe('mirai/data')
    expect(causeOf(bad('mirai/api', 'red', 3601), [bad('mirai/data')])).toBeUndefined()
    expect(causeOf(bad('mirai/service', 'red', 86_400), [bad('host/disk:/')])).toBeUndefined()
    expect(causeOf(bad('mirai/api', 'red', 86_400), [bad('mirai/service')])).toBe('mirai/service')
    expect(causeOf(bad('mirai/errors', 'red', 86_400), [bad('mirai/data')])).toBe('mirai/data')
  })
  test('nothing follows from itself, by whatever way', () => {
    for (const item of Object.keys(FOLLOWS)) {
      const seen = new Set<string>()
      const walk = (one: string): void => {
        for (const cause of FOLLOWS[one.replace('host/', '')] ?? []) {
          expect(cause).not.toBe(item)
          if (!seen.has(cause)) walk(cause)
          seen.add(cause)
        }
      }
      walk(item)
    }
  })
})

test('a mute holds for a check, its parts, a service or all, and ends', () => {
  const mute = (pattern: string, until: number) => ({ pattern, until: at(until) })
  const disk = 'host/disk:/var' as CheckId
  for (const pattern of ['host/disk:/var', 'host/disk', 'host/*', '*'])
    expect(mutedUntil(disk, [mute(pattern, 60)], at(0))).toBe(at(60))
  expect(mutedUntil(disk, [mute('host/disk:/', 60), mute('mirai/*', 60)], at(0))).toBeUndefined()
  expect(mutedUntil(disk, [mute('*', 60)], at(60))).toBeUndefined()
})

test('a round is read as it was written; anything else is none', () => {
  const round = {
    v: 1,
    ran: ['mirai/api'],
    results: [look(0, 'red', { value: 0.5, values: { url: 'x', n: 2, yes: true } })],
  }
  expect(readRound(JSON.parse(JSON.stringify(round)))).toEqual(round)
  for (const other of [
    undefined,
    {},
    { ...round, v: 2 },
    { ...round, ran: ['../x'] },
    { ...round, results: [{ ...look(0, 'good'), state: 'late' }] },
    { ...round, results: [{ ...look(0, 'good'), check: 'mirai/api\n' }] },
    { ...round, results: [{ ...look(0, 'good'), values: { a: {} } }] },
  ])
    expect(readRound(other)).toBeUndefined()
  expect(roundName(at(0), 7)).toMatch(ROUND_NAME)
  expect(roundName(at(0), 9) < roundName(at(1), 1)).toBe(true)
})
