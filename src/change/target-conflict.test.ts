// What another change holds is free when that one ends: the lines to type are of it.
import { expect, test } from 'vitest'
import type { Change } from './change.ts'
import { targetConflict } from './target-conflict.ts'

const held = (pattern: string, ...texts: readonly string[]) =>
  ({
    id: 'CHG-2026-0008',
    state: 'blocked',
    pattern,
    checks: [{ check: 'conflict', problems: texts.map((text) => ({ code: 'conflict.held', text })) }],
  }) as unknown as Change
const lines = (change: Change) => targetConflict(change)?.map(({ command }) => command)
const THEIRS = ['sekisho change wait CHG-2026-0007', 'sekisho change show CHG-2026-0007']

test('part of S43: a restore has nothing to revise: the change that is inside has to end', () => {
  const change = held(
    'data',
    'host/data:/srv/my data CHG-2026-0007/1',
    'host/unit:app.service CHG-2026-0007/1',
  )
  expect(lines(change)).toEqual([
    ...THEIRS,
    'sekisho change check CHG-2026-0008',
    'sekisho change withdraw CHG-2026-0008',
  ])
})

test('another pattern may also be made to be about something else', () => {
  expect(lines(held('config', 'host/file:/etc/a CHG-2026-0007/2'))).toEqual([
    ...THEIRS,
    'sekisho change check CHG-2026-0008',
    'sekisho change revise CHG-2026-0008',
    'sekisho change withdraw CHG-2026-0008',
  ])
})

test('nobody is inside, or it does not stand blocked: nothing of the kind', () => {
  expect(lines(held('data'))).toBeUndefined()
  expect(lines(held('data', 'host/file:/etc/a nobody; rm -rf /'))).toBeUndefined()
  expect(lines({ ...held('data', 'host/file:/etc/a CHG-2026-0007/2'), state: 'void' })).toBeUndefined()
})
