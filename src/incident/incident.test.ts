import { expect, test } from 'vitest'
import { changeId, incidentId } from '../base/id.ts'
import { INCIDENT_STATES } from '../contract/incident.ts'
import { type IncidentEvent, nextState } from './incident.ts'

const base = { id: incidentId(2026, 1), level: 3, evidence: [] } as const
const change = changeId(2026, 1)

test('part of S48: at level 3 only a change that a person approved leads from mitigating to recovering', () => {
  const from = { ...base, state: 'mitigating' } as const
  const recover = (approved: 'people' | 'standing' | 'no', level: 1 | 2 | 3 = 3) =>
    nextState({ ...from, level }, 'recover', [{ change, approved }])
  expect(nextState(from, 'recover')).toMatchObject({ ok: false, code: 'incident.recovery_unapproved' })
  expect(recover('no')).toMatchObject({ ok: false, code: 'incident.recovery_unapproved' })
  expect(recover('standing')).toMatchObject({ ok: false, code: 'incident.recovery_unapproved' })
  expect(recover('people')).toEqual({ ok: true, state: 'recovering' })
  expect(recover('standing', 1)).toEqual({ ok: true, state: 'recovering' })
  expect(recover('no', 1)).toMatchObject({ ok: false })
})

test('recovering is reached from mitigating alone, and closed from review_due alone', () => {
  const events: readonly IncidentEvent[] = [
    'preserve',
    'contain',
    'diagnose',
    'mitigate',
    'recover',
    'recovered',
    'relapse',
    'resolve',
    'review',
    'close',
    'dismiss',
  ]
  const into = (wanted: string) =>
    INCIDENT_STATES.filter((state) =>
      events.some((event) => {
        const answer = nextState({ ...base, level: 1, state }, event, [{ change, approved: 'people' }])
        return answer.ok && answer.state === wanted
      }),
    )
  expect(into('recovering')).toEqual(['mitigating'])
  expect(into('closed')).toEqual(['review_due'])
  expect(into('review_due')).toEqual(['resolved'])
})

test('at level 3 nothing is contained before evidence is sealed, or the commander has said why not', () => {
  const from = { ...base, state: 'preserving' } as const
  expect(nextState(from, 'contain')).toMatchObject({ ok: false, code: 'incident.evidence_open' })
  const skipped = { by: 'ops1' as never, at: '2026-12-01T03:00:00.000Z' as never, reason: 'data leaves now' }
  expect(nextState({ ...from, evidenceSkipped: skipped }, 'contain')).toEqual({
    ok: true,
    state: 'containing',
  })
})
