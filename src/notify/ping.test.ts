import { expect, test } from 'vitest'
import { type Instant, instant } from '../base/time.ts'
import { countedAfterAbsence, pingState } from './ping.ts'
import type { PingIn } from './rules.ts'

const rule: PingIn = {
  name: 'nightly',
  everySeconds: 3600,
  graceSeconds: 600,
  secret: `sha256:${'a'.repeat(64)}`,
}
const at = (seconds: number): Instant => instant(1_796_000_000_000 + seconds * 1000)

test('part of X20: a missing ping goes late after its interval, then down after its grace', () => {
  const seen = { lastAt: at(0), countedFrom: at(-10_000) }
  expect(pingState(rule, seen, at(3600))).toBe('good')
  expect(pingState(rule, seen, at(3601))).toBe('late')
  expect(pingState(rule, seen, at(4200))).toBe('late')
  expect(pingState(rule, seen, at(4201))).toBe('down')
})

test('part of X20: where none has come there is no data, and then it is late all the same', () => {
  const seen = { countedFrom: at(0) }
  expect(pingState(rule, seen, at(10))).toBe('no_data')
  expect(pingState(rule, seen, at(3601))).toBe('late')
  expect(pingState(rule, seen, at(9000))).toBe('down')
})

test('part of X20: what fell due while the gate was away is counted from its return; what was missing before stays so', () => {
  const seen = { lastAt: at(0), countedFrom: at(-10_000) }
  const away = countedAfterAbsence(rule, seen, { from: at(3000), until: at(9000) })
  expect(away).toBe(at(9000))
  expect(pingState(rule, { ...seen, countedFrom: away }, at(9001))).toBe('good')
  expect(pingState(rule, { ...seen, countedFrom: away }, at(12_601))).toBe('late')
  // Late already before: the absence of the gate excuses nothing.
  const before = countedAfterAbsence(rule, seen, { from: at(4000), until: at(9000) })
  expect(pingState(rule, { ...seen, countedFrom: before }, at(9001))).toBe('down')
  // Due later: the gate was back in time.
  expect(countedAfterAbsence(rule, seen, { from: at(100), until: at(200) })).toBe(at(-10_000))
})
