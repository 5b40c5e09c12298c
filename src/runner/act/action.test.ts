import { expect, test } from 'vitest'
import { undoOf, wasDown } from './action.ts'

const stop = {
  action: { kind: 'unit', verb: 'stop', unit: 'mirai.service' },
  undo: [{ kind: 'unit', verb: 'start', unit: 'mirai.service' }],
} as const

test('a unit that ran is started again by the undo of its stop; one that did not run is left as it was', () => {
  for (const active of ['active', 'reloading'])
    expect(undoOf(stop, { 'mirai.service': { active } })).toEqual(stop.undo)
  for (const active of ['failed', 'inactive', 'activating'])
    expect(undoOf(stop, { 'mirai.service': { active } })).toEqual([])
})

test('what is not known to have been down is started', () => {
  expect(undoOf(stop, undefined)).toEqual(stop.undo)
  expect(undoOf(stop, { 'other.service': { active: 'failed' } })).toEqual(stop.undo)
})

test('a unit that ran already is not stopped by the undo of its start', () => {
  const start = {
    action: { kind: 'unit', verb: 'start', unit: 'mirai.service' },
    undo: [{ kind: 'unit', verb: 'stop', unit: 'mirai.service' }],
  } as const
  for (const active of ['active', 'reloading', 'refreshing'])
    expect(undoOf(start, { 'mirai.service': { active } })).toEqual([])
  for (const active of ['failed', 'inactive', 'activating'])
    expect(undoOf(start, { 'mirai.service': { active } })).toEqual(start.undo)
  expect(undoOf(start, undefined)).toEqual(start.undo)
})

test('a unit that did not run has nothing to read again when its files are put back', () => {
  const undo = [{ kind: 'putBack' }, { kind: 'unit', verb: 'reload', unit: 'mirai.service' }] as const
  const action = { kind: 'replaceFiles', files: [] } as const
  expect(undoOf({ action, undo }, { 'mirai.service': { active: 'inactive' } })).toEqual([{ kind: 'putBack' }])
  expect(undoOf({ action, undo }, { 'mirai.service': { active: 'active' } })).toEqual(undo)
  expect(undoOf({ action, undo }, undefined)).toEqual(undo)
})

test('a restart of the undo is told whatever stood before', () => {
  const undo = [{ kind: 'putBack' }, { kind: 'unit', verb: 'restart', unit: 'mirai.service' }] as const
  const action = { kind: 'unit', verb: 'restart', unit: 'mirai.service' } as const
  expect(undoOf({ action, undo }, { 'mirai.service': { active: 'failed' } })).toEqual(undo)
})

test('only a unit that is known not to have run before may fail as it failed before', () => {
  const restart = { kind: 'unit', verb: 'restart', unit: 'mirai.service' } as const
  for (const active of ['failed', 'inactive', 'activating'])
    expect(wasDown(restart, { 'mirai.service': { active } })).toBe(true)
  expect(wasDown(restart, { 'mirai.service': { active: 'active' } })).toBe(false)
  expect(wasDown(restart, undefined)).toBe(false)
  expect(wasDown({ kind: 'putBack' }, { 'mirai.service': { active: 'failed' } })).toBe(false)
})
