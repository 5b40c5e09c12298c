import { expect, test } from 'vitest'
import { perHourSigned } from './standing.ts'

test.each([
  ['what the rules allow, where nothing else is wished', undefined, 20, 20],
  ['what is wished, below it', 3, 20, 3],
  ['never more than the rules allow', 50, 20, 20],
  ['at least one', undefined, 0, 1],
])('a standing signature holds for %s', (_, wished, standingPerHour, perHour) => {
  expect(perHourSigned(wished, { rules: { standingPerHour } } as never)).toBe(perHour)
})
