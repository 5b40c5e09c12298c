// How long a service was away, as far as the journal saw it.
import { expect, test } from 'vitest'
import type { Plan } from '../plans/plan.ts'
import type { JournalLine } from '../seal/journal.ts'
import { downtimeOf } from './downtime.ts'

const plan = {
  actions: [
    { id: '1', action: { kind: 'layRelease' } },
    { id: '2', action: { kind: 'unit', verb: 'restart', unit: 'a.service' } },
    { id: '3', action: { kind: 'exec' } },
  ],
} as unknown as Pick<Plan, 'actions'>
const line = (second: number, id: string, body: object): JournalLine =>
  ({
    key: `CHG-2026-0001/1/${id}/apply/1`,
    at: `2026-12-01T00:00:0${second}.000Z`,
    boot: 'b1',
    uptime: 1_000_000 + second * 1000,
    body,
  }) as unknown as JournalLine
const outcome = (milliseconds: number) => ({ kind: 'outcome', result: 'applied', detail: {}, milliseconds })
const proof = (kind: string, verdict: string, facts: object = {}) => ({
  kind: 'proof',
  proof: { kind },
  verdict,
  facts,
})
const acted = [
  line(0, '1', { kind: 'intent' }),
  line(1, '1', outcome(900)),
  line(1, '2', { kind: 'intent' }),
  line(2, '2', outcome(700)),
  line(3, '3', outcome(1000)),
]

test('from the restart to the first health that was seen green, and no step before it', () => {
  expect(
    downtimeOf(plan, [
      ...acted,
      line(4, 'p', proof('unit', 'green')),
      line(5, 'p', proof('health', 'red')),
      line(6, 'p', proof('health', 'green')),
      line(9, 'p', proof('health', 'green')),
    ]),
  ).toEqual({ milliseconds: 5000, atMost: true })
})

test('it ends when the service answered, and not when the proof of that was written', () => {
  const healthy = proof('health', 'green', { answered: 1_001_840 })
  expect(downtimeOf(plan, [...acted, line(9, 'p', healthy)])).toEqual({ milliseconds: 840, atMost: true })
  // Of another boot, or before the restart, it says nothing.
  const elsewhere = { ...line(9, 'p', healthy), boot: 'b2' }
  expect(downtimeOf(plan, [...acted, elsewhere])?.milliseconds).toBe(8000)
  const before = line(9, 'p', proof('health', 'green', { answered: 1_000_400 }))
  expect(downtimeOf(plan, [...acted, before])?.milliseconds).toBe(8000)
})

test('without a health it is what the restart took; without a restart there is none', () => {
  expect(downtimeOf(plan, acted)).toEqual({ milliseconds: 700, atMost: false })
  expect(downtimeOf({ actions: [] }, acted)).toBe(undefined)
  expect(downtimeOf(undefined, acted)).toBe(undefined)
})
