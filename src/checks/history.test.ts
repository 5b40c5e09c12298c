import { expect, test } from 'vitest'
import { instant } from '../base/time.ts'
import { type Step, withoutGaps } from './history.ts'

const MINUTE = 60_000
const at = (minute: number) => instant(Date.UTC(2026, 11, 1) + minute * MINUTE)
const step = (minute: number, state: Step['state'] = 'good'): Step => ({ at: at(minute), state, samples: 1 })
const drawn = (steps: readonly Step[], until: number, everyMs = MINUTE) =>
  withoutGaps(steps, { stepMs: MINUTE, everyMs, until: at(until) }).map(
    (one) => `${(Date.parse(one.at) - Date.parse(at(0))) / MINUTE} ${one.state} ${one.samples}`,
  )

test('a look each minute that drifts over the edge of a step leaves no hole', () => {
  expect(drawn([step(0), step(2, 'red')], 3)).toEqual(['0 good 1', '1 good 0', '2 red 1', '3 red 0'])
})

test('what stands between looks that are hours apart is drawn; where a look was due and nobody looked is a hole', () => {
  expect(drawn([step(0)], 9)).toEqual(['0 good 1', '1 good 0', '2 good 0', '3 good 0'])
  expect(drawn([step(0)], 9, 10 * MINUTE)).toHaveLength(10)
  expect(drawn([step(0), step(1, 'late')], 9)).toEqual(['0 good 1', '1 late 1'])
})
