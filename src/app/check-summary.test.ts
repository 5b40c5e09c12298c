import { expect, test } from 'vitest'
import { instant } from '../base/time.ts'
import type { CheckLine } from '../contract/check.ts'
import type { HealthNow } from '../contract/gate.ts'
import { doubted } from './check-summary.ts'

const at = (second: number) => instant(Date.UTC(2026, 11, 1) + second * 1000)
const green: HealthNow = { service: 'app', verdict: 'green', detail: '200', at: at(0), since: at(0) }
const line = (more: Partial<CheckLine>): CheckLine => ({
  check: 'app/service',
  item: 'service',
  service: 'app',
  state: 'red',
  lookedAt: at(30),
  everyMs: 15_000,
  code: 'check.not_running',
  values: {},
  ...more,
})

test('a unit that was seen stopped after the last healthy look takes the tick away; nothing else does', () => {
  const doubt = { service: 'app', verdict: 'not_looked_at', detail: '', at: at(0), doubt: 'app/service' }
  expect(doubted([green], [line({})])).toEqual([doubt])
  // One bad look that has not been agreed on counts here.
  const newest = { state: 'red' as const, code: 'check.not_running', values: {} }
  expect(doubted([green], [line({ state: 'warning', newest })])).toEqual([doubt])
  for (const other of [
    line({ lookedAt: at(-1) }),
    line({ service: 'other' }),
    line({ item: 'errors' }),
    line({ state: 'good' }),
    line({ newest: { ...newest, state: 'good' } }),
  ])
    expect(doubted([green], [other])).toEqual([green])
})
