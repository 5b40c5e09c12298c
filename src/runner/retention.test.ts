import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ExecutionId } from '../base/id.ts'
import { type Instant, instant } from '../base/time.ts'
import { KEPT_DAYS, KEPT_NEWEST, type KeptCopies, retiredCopies } from './retention.ts'

const NOW = instant(Date.UTC(2027, 5, 1))
const daysAgo = (days: number): Instant => instant(Date.UTC(2027, 5, 1) - days * 86_400_000)
const one = (number: number, days: number | undefined, path = '/etc/a'): KeptCopies => {
  const execution = `CHG-2026-${String(number).padStart(4, '0')}/1` as ExecutionId
  const files = [{ path, copy: `/copies/${number}` }]
  return days === undefined ? { execution, files } : { execution, closedAt: daysAgo(days), files }
}

test('an old copy goes when its file has five newer ones, and stays before that', () => {
  const many = Array.from({ length: KEPT_NEWEST + 1 }, (_, i) => one(i, 400 - i))
  expect(retiredCopies(many, NOW).map(({ copy }) => copy)).toEqual(['/copies/0'])
  expect(retiredCopies(many.slice(1), NOW)).toEqual([])
  // Copies of another file are no newer copies of this one.
  expect(
    retiredCopies([one(0, 400), ...many.slice(1).map((_, i) => one(i + 1, 300, `/etc/${i}`))], NOW),
  ).toEqual([])
})

test('nothing of an open execution goes, and nothing that is younger than half a year', () => {
  const kept = fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined })
  fc.assert(
    fc.property(fc.array(fc.tuple(kept, fc.constantFrom('/etc/a', '/etc/b')), { maxLength: 40 }), (all) => {
      const executions = all.map(([days, path], i) => one(i, days, path))
      const gone = retiredCopies(executions, NOW)
      for (const { copy } of gone) {
        const days = all[Number(copy.slice(8))]?.[0]
        expect(days).toBeGreaterThanOrEqual(KEPT_DAYS)
      }
      for (const path of ['/etc/a', '/etc/b']) {
        const had = executions.filter(({ files }) => files[0]?.path === path).length
        const left = had - gone.filter((each) => each.path === path).length
        expect(left).toBeGreaterThanOrEqual(Math.min(had, KEPT_NEWEST))
      }
    }),
  )
})
