// A verb that changes nothing is no change: its way back would take from users what ran before.
import { expect, test } from 'vitest'
import { CHANGE, policyOf } from '../../tests/runner-fixtures/scene.ts'
import type { Service } from '../plans/policy.ts'
import { planService } from './service.ts'

const service = policyOf().services[0] as Service
const planned = (verb: 'start' | 'stop' | 'restart' | 'reload', active: string, more: object = {}) => {
  const unit = { loaded: true, active, sub: 'x', ...more }
  const made = planService(policyOf(), service, { change: CHANGE, revision: 1, verb }, { unit })
  return made.ok ? 'ok' : made.code
}

test.each([
  ['start', 'active', 'plan.unit_already'],
  ['start', 'reloading', 'plan.unit_already'],
  ['start', 'inactive', 'ok'],
  ['start', 'failed', 'ok'],
  ['start', 'activating', 'ok'],
  ['stop', 'inactive', 'plan.unit_already'],
  ['stop', 'failed', 'plan.unit_already'],
  ['stop', 'active', 'ok'],
  // Between two starts of a unit that falls each time.
  ['stop', 'activating', 'ok'],
  ['reload', 'inactive', 'plan.unit_not_running'],
  ['reload', 'failed', 'plan.unit_not_running'],
  ['reload', 'active', 'ok'],
  ['restart', 'inactive', 'ok'],
  ['restart', 'failed', 'ok'],
  ['restart', 'active', 'ok'],
] as const)('%s of a unit that is %s: %s', (verb, active, answer) => {
  expect(planned(verb, active)).toBe(answer)
})

test('a unit that systemd does not load (masked, gone) is not started, and may be stopped', () => {
  for (const verb of ['start', 'restart', 'reload'] as const)
    expect(planned(verb, 'inactive', { loaded: false })).toBe('plan.unit_not_loaded')
  expect(planned('stop', 'active', { loaded: false })).toBe('ok')
})

test('a start waits for a unit that is down: one that came up by itself is not started', () => {
  const made = planService(policyOf(), service, { change: CHANGE, revision: 1, verb: 'start' }, {})
  expect(made.ok && made.plan.pre).toEqual([{ kind: 'unit', unit: service.unit, active: false }])
})
