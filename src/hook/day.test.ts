import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dayOf } from './day.ts'

test('the day of a moment is the one that Date says', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (at) => {
      expect(dayOf(at)).toBe(new Date(at).toISOString().slice(0, 10))
    }),
    { examples: [[951_782_399_999], [951_782_400_000], [951_868_800_000], [4_107_542_400_000]] },
  )
})
