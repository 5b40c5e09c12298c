import { expect, test } from 'vitest'
import { typedMoment } from './moment.ts'

const NOW = Date.parse('2026-11-29T12:00:00.000Z')
const local = (text: string) => new Date(text).toISOString()

test.each([
  ['a date begins at midnight here', '2026-11-25', false, local('2026-11-25T00:00:00.000')],
  ['as an end it is the whole day', '2026-11-25', true, local('2026-11-25T23:59:59.999')],
  ['a time of this machine', '2026-11-25 22:05', false, local('2026-11-25T22:05:00.000')],
  ['a time with its zone', '2026-11-25T22:05:00+09:00', true, '2026-11-25T13:05:00.000Z'],
  ['hours ago', '12h', false, '2026-11-29T00:00:00.000Z'],
  ['days ago', '3d', true, '2026-11-26T12:00:00.000Z'],
])('%s: %s', (_, typed, end, wanted) => {
  expect(typedMoment(typed, NOW, end)).toBe(wanted)
})
test.each(['yesterday', '2026-13-01', '11-25', '', 'x2026-11-25'])('%s is no moment', (typed) => {
  expect(typedMoment(typed, NOW, false)).toBeUndefined()
})
