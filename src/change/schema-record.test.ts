// Locks of tables and downtime are two things in the record of a migration, and what nobody counted is said.
import { expect, test } from 'vitest'
import type { JournalLine } from '../seal/journal.ts'
import { RECORD_WORDS } from '../words/record.ts'
import type { Facts } from './record-facts.ts'
import { migrationTimes } from './schema-record.ts'

const line = (second: number, key: string, body: object): JournalLine =>
  ({ key: `CHG-2026-0001/1/${key}`, at: `2026-12-01T00:00:0${second}.000Z`, body }) as unknown as JournalLine
const ran = line(1, '1/apply/1', {
  kind: 'outcome',
  result: 'applied',
  detail: { locked: { 'public.articles': { reads: 10, writes: 10 } } },
})
const health = (second: number, verdict: string) =>
  line(second, 'proof', { kind: 'proof', proof: { kind: 'health' }, verdict, facts: {} })
const undone = line(6, '1/undo/1/1', { kind: 'outcome', result: 'applied', detail: {} })
const counted = line(3, 'proof', {
  kind: 'proof',
  proof: { kind: 'health' },
  verdict: 'green',
  facts: { unanswered: { lost: 0 } },
})

const told = (...journal: readonly JournalLine[]) =>
  migrationTimes(
    {
      checked: { payload: { checks: [{ check: 'trial', facts: { shut: { reads: 54, writes: 54 } } }] } },
      journal,
    } as unknown as Facts,
    RECORD_WORDS.en,
    'en',
  )
const LOCKS =
  'Locks of tables: planned no reads for 0.054 s, no writes for 0.054 s / actual no reads for 0.010 s, no writes for 0.010 s'

test('a change that made the service sick and went back: red from its commit until it was back', () => {
  expect(told(ran, health(3, 'red'), undone)).toEqual([
    LOCKS,
    'Downtime: the declared health was red for 5.0 s after it was applied; requests of users were not counted',
  ])
  expect(told(ran, health(3, 'red'), health(4, 'green'))?.[1]).toContain('red for 3.0 s')
  expect(told(ran, health(3, 'red'))?.[1]).toContain('stayed red')
})

test('a healthy one: what was not counted is said, and what was counted has its own line', () => {
  expect(told(ran, health(2, 'green'))).toEqual([LOCKS, 'Downtime: requests of users were not counted'])
  expect(told(ran, counted)).toEqual([LOCKS])
  expect(told()).toEqual([LOCKS.replace(/ \/.*/, '')])
})
