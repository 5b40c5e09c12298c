import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { distance, nearest } from './nearest.ts'

const KNOWN = ['status', 'record show', 'change approve', 'change list', 'do']

describe('a command', () => {
  test.each([
    ['status', 'status'],
    ['stats', 'status'],
    ['satus', 'status'],
    ['recrod show', 'record show'],
    ['change aprove', 'change approve'],
    ['di', 'do'],
    ['completely else', undefined],
    ['od', 'do'],
    ['', undefined],
  ])('%j is nearest to %j', (typed, word) => {
    expect(nearest(typed, KNOWN)).toBe(word)
  })
})

describe('a key', () => {
  test.each([
    ['helth', 'health'],
    ['heatlh', 'health'],
    ['servises', 'services'],
    ['sercives', 'services'],
    ['agentUser', 'agent_user'],
    ['perHour', 'per_hour'],
    ['Config', 'configs'],
  ])('%s → %s', (word, wanted) => {
    expect(nearest(word, ['health', 'services', 'agent_user', 'per_hour', 'configs', 'of', 'url'])).toBe(
      wanted,
    )
  })
  test.each(['colour', 'xyz', 'database', ''])('%s is near nothing', (word) => {
    expect(nearest(word, ['health', 'services', 'of', 'url'])).toBeUndefined()
  })
  test('a distance is a distance', () => {
    const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') })
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(distance(a, b)).toBe(distance(b, a))
        expect(distance(a, b) === 0).toBe(a === b)
        expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})
