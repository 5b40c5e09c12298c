import { expect, test } from 'vitest'
import { undoOf } from './action.ts'

const stop = {
  action: { kind: 'unit', verb: 'stop', unit: 'mirai.service' },
  undo: [{ kind: 'unit', verb: 'start', unit: 'mirai.service' }],
} as const

test('S43 a unit that ran is started again by the undo of its stop; one that did not run is left as it was', () => {
  for (const active of ['active', 'reloading'])
    expect(undoOf(stop, { 'mirai.service': { active } })).toEqual(stop.undo)
  for (const active of ['failed', 'inactive', 'activating'])
    expect(undoOf(stop, { 'mirai.service': { active } })).toEqual([])
})

test('what is not known to have been down is started', () => {
  expect(undoOf(stop, undefined)).toEqual(stop.undo)
  expect(undoOf(stop, { 'other.service': { active: 'failed' } })).toEqual(stop.undo)
})

test('only the start after a stop hangs on it', () => {
  const undo = [{ kind: 'putBack' }, { kind: 'unit', verb: 'restart', unit: 'mirai.service' }] as const
  const action = { kind: 'unit', verb: 'restart', unit: 'mirai.service' } as const
  expect(undoOf({ action, undo }, { 'mirai.service': { active: 'failed' } })).toEqual(undo)
})
