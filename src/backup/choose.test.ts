// Newest is not best: what is chosen is what passes now.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sampleCopy } from '../../tests/vectors/manifest/sample-copy.ts'
import { candidates, type ItemVerdict, isJudged, type JudgedCopy, lastKnownGood } from './choose.ts'
import { newestFirst } from './levels.ts'

/** Day 9 is newer than day 1. */
const day = (at: number, over: Parameters<typeof sampleCopy>[0] = {}) =>
  sampleCopy({ taken: `2026-11-${String(at).padStart(2, '0')}T03:00:00.000Z`, ...over })
const judged = (at: number, items: Record<string, ItemVerdict>, over = {}): JudgedCopy => ({
  copy: day(at, over),
  items,
})

describe('part of N07 and S43: the last known good', () => {
  test('part of N07 and S43: the two newest are damaged: the third is chosen, and the damage is dated', () => {
    const answer = lastKnownGood(
      [
        judged(9, { users: 'rubbish', notes: 'good' }),
        judged(8, { users: 'rubbish', notes: 'rubbish' }),
        judged(7, { users: 'good', notes: 'good' }),
        judged(6, { users: 'good', notes: 'good' }),
      ],
      ['users', 'notes'],
    )
    expect(answer).toMatchObject({
      chosen: true,
      isMix: false,
      from: { users: { taken: day(7).taken }, notes: { taken: day(7).taken } },
      damage: {
        users: { newestGood: day(7).taken, oldestBad: day(8).taken },
        notes: { newestGood: day(9).taken },
      },
    })
    expect(answer.passedOver.map(({ backup, items }) => [backup, items])).toEqual([
      [day(9).backup, { users: 'rubbish' }],
      [day(8).backup, { users: 'rubbish', notes: 'rubbish' }],
    ])
  })

  test('by item only where a mix was asked for, and that is said', () => {
    const seen = [
      judged(9, { users: 'rubbish', notes: 'good' }),
      judged(8, { users: 'good', notes: 'rubbish' }),
    ]
    expect(lastKnownGood(seen, ['users', 'notes'])).toMatchObject({ chosen: false, none: [] })
    expect(lastKnownGood(seen, ['users', 'notes'], { mix: true })).toMatchObject({
      chosen: true,
      isMix: true,
      from: { users: { taken: day(8).taken }, notes: { taken: day(9).taken } },
    })
    const one = [judged(9, { users: 'good', notes: 'good' })]
    expect(lastKnownGood(one, ['users', 'notes'], { mix: true })).toMatchObject({
      chosen: true,
      isMix: false,
    })
  })

  test('nothing passes: that is said, with the item of which none is good', () => {
    const seen = [judged(9, { users: 'rubbish', notes: 'good' }), judged(8, { users: 'unreadable' })]
    expect(lastKnownGood(seen, ['users', 'notes'])).toMatchObject({
      chosen: false,
      none: ['users'],
      damage: { users: { oldestBad: day(9).taken } },
      passedOver: [{ items: { users: 'rubbish' } }, { items: { users: 'unreadable', notes: 'absent' } }],
    })
    expect(lastKnownGood([], ['users'])).toMatchObject({ chosen: false, none: ['users'] })
  })

  test('a question, an unreadable copy and one that was not judged are not good, and date no damage', () => {
    for (const verdict of ['question', 'unreadable', 'absent'] as const) {
      const answer = lastKnownGood([judged(9, { users: verdict }), judged(8, { users: 'good' })], ['users'])
      expect(answer.damage).toEqual({ users: { newestGood: day(8).taken } })
      expect(answer).toMatchObject({ chosen: true, from: { users: { taken: day(8).taken } } })
    }
    expect(lastKnownGood([judged(9, {}), judged(8, { users: 'good' })], ['users'])).toMatchObject({
      from: { users: { taken: day(8).taken } },
    })
  })
})

test('sound copies first, of places and levels that the caller allows, then those under suspicion; the directory before restic', () => {
  const all = [
    day(1),
    day(2, { state: 'suspect' }),
    day(3, { state: 'failed' }),
    day(4, { state: 'pruned' }),
    day(5, { place: 'same-disk' }),
    day(6, { level: 'written' }),
    day(7, { imported: true }),
    day(8, { kind: 'restic', copy: 'a-far' }),
    day(8, { kind: 'directory', copy: 'near' }),
  ]
  const days = (list: ReturnType<typeof candidates>) =>
    list.map((one) => `${one.taken.slice(9, 10)}${one.kind[0]}`)
  expect(days(candidates(all))).toEqual(['8d', '8r', '7d', '6d', '5d', '1d', '2d'])
  expect(days(candidates(all, { places: ['other-disk'], level: 'content', imported: false }))).toEqual([
    '8d',
    '8r',
    '1d',
    '2d',
  ])
  // A sound one is taken before a newer one under suspicion; what failed is never chosen, whatever was read of it.
  const suspect = judged(9, { x: 'good' }, { state: 'suspect' })
  expect(lastKnownGood([suspect], ['x'])).toMatchObject({
    chosen: true,
    from: { x: { taken: day(9).taken } },
  })
  expect(lastKnownGood([suspect, judged(8, { x: 'good' })], ['x'])).toMatchObject({
    from: { x: { taken: day(8).taken } },
  })
  expect(lastKnownGood([judged(9, { x: 'good' }, { state: 'failed' })], ['x']).chosen).toBe(false)
})

test('a second copy of the same bytes is not read again, unless the first could not be read', () => {
  const near = day(8)
  const far = day(8, { copy: 'far', kind: 'restic' })
  expect(isJudged(far, [{ copy: near, items: { users: 'rubbish' } }])).toBe(true)
  expect(isJudged(far, [{ copy: near, items: { users: 'unreadable' } }])).toBe(false)
})

test('properties: every item chosen was judged good, none newer was, and reading on changes nothing', () => {
  const verdict = fc.constantFrom<ItemVerdict[]>(
    'good',
    'good',
    'rubbish',
    'question',
    'unreadable',
    'absent',
  )
  const set = fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 1, maxLength: 8 })
  const seen = set.chain((days) =>
    fc.tuple(...days.map((at) => fc.record({ a: verdict, b: verdict }).map((items) => judged(at, items)))),
  )
  fc.assert(
    fc.property(seen, fc.boolean(), (list, mix) => {
      const answer = lastKnownGood(list, ['a', 'b'], { mix })
      const verdictOf = (of: unknown, item: 'a' | 'b') => list.find(({ copy }) => copy === of)?.items[item]
      const whole = list.filter(({ items }) => items['a'] === 'good' && items['b'] === 'good')
      const can = (item: 'a' | 'b') => list.some(({ items }) => items[item] === 'good')
      expect(answer.chosen).toBe(mix ? can('a') && can('b') : whole.length > 0)
      if (!answer.chosen) return
      for (const item of ['a', 'b'] as const) {
        expect(verdictOf(answer.from[item], item)).toBe('good')
        const newer = list.filter(({ copy }) => newestFirst(copy, answer.from[item] as never) < 0)
        for (const one of newer)
          expect(mix ? one.items[item] : [one.items['a'], one.items['b']]).not.toEqual(
            mix ? 'good' : ['good', 'good'],
          )
      }
      // Handed in newest first and stopped at the first answer: the same.
      const ordered = [...list].sort((x, y) => newestFirst(x.copy, y.copy))
      for (let read = 1; read <= ordered.length; read++) {
        const early = lastKnownGood(ordered.slice(0, read), ['a', 'b'], { mix })
        if (early.chosen) expect(early).toEqual(answer)
      }
    }),
  )
})
