// A fake clock walks past 15 minutes, 1 hour and 4 hours: who is told, once each, and by what it ends.
import { expect, test } from 'vitest'
import { RULES } from '../../tests/runner-fixtures/scene.ts'
import type { Digest } from '../base/hash.ts'
import { type ActorId, incidentId, type ServiceName } from '../base/id.ts'
import { after, type Instant } from '../base/time.ts'
import type { CompiledPolicy, Role } from '../plans/policy.ts'
import type { Incident, Told } from './incident.ts'
import { dueNow, escalatesAt, statusDueAt } from './timers.ts'

const OPENED = '2026-12-01T03:00:00.000Z' as Instant
const MINUTE = 60_000
const SERVICE = 'mirai' as ServiceName
const person = (id: string, roles: readonly Role[], services: readonly ServiceName[] = []) => ({
  id: id as ActorId,
  name: id,
  roles,
  services,
  keys: [],
})
const policy: CompiledPolicy = {
  v: 1,
  version: '0'.repeat(64) as Digest,
  name: 'test',
  language: 'en',
  zone: 'Asia/Tokyo',
  people: [
    person('ops1', ['operator']),
    person('ops2', ['operator'], ['other' as ServiceName]),
    person('lead', ['approver']),
    person('chief', ['owner']),
    person('dev', ['requester']),
  ],
  agents: [],
  services: [{ name: SERVICE, host: 'web1', files: [], logs: {} }],
  rules: RULES,
}
const opened: Incident = {
  id: incidentId(2026, 1),
  level: 1,
  state: 'containing',
  service: SERVICE,
  host: 'web1',
  openedAt: OPENED,
  openedBy: 'system',
  because: 'health is red',
  roles: {},
  evidence: [],
  suspects: [],
  recoveries: [],
  notes: [],
  told: [],
}

/** Looks every minute, as the gate does more often, and remembers who was told. */
function walk(
  incident: Incident,
  minutes: number,
  change: (one: Incident, at: Instant) => Incident = (one) => one,
) {
  let now = incident
  const told: (Omit<Told, 'at'> & { readonly minute: number })[] = []
  for (let minute = 0; minute <= minutes; minute++) {
    const at = after(OPENED, minute * MINUTE)
    now = change(now, at)
    for (const due of dueNow(now, policy, at)) {
      told.push({ ...due, minute })
      now = { ...now, told: [...now.told, { ...due, at }] }
    }
  }
  return told
}

test('part of S47: nobody answers: operators at once, approvers after 15 minutes, owners after 1 hour, everybody after 4 hours, each once', () => {
  expect(walk(opened, 600).map(({ minute, why, people }) => [minute, why, people])).toEqual([
    [0, 'opened', ['ops1']],
    [15, 'unacknowledged', ['ops1', 'lead']],
    [60, 'unacknowledged', ['ops1', 'lead', 'chief']],
    [240, 'unacknowledged', ['ops1', 'ops2', 'lead', 'chief', 'dev']],
  ])
})

test('part of S47: acknowledged, the escalation ends, and a status is due every 30 minutes from whoever speaks', () => {
  const told = walk(opened, 120, (one, at) =>
    at === after(OPENED, 20 * MINUTE)
      ? {
          ...one,
          acknowledged: { by: 'ops1' as ActorId, at },
          roles: { commander: 'ops1' as ActorId, communication: 'dev' as ActorId },
        }
      : at === after(OPENED, 60 * MINUTE)
        ? { ...one, notes: [{ text: 'half of the users', by: 'dev' as ActorId, at, status: true }] }
        : one,
  )
  expect(told.map(({ minute, why, people }) => [minute, why, people])).toEqual([
    [0, 'opened', ['ops1']],
    [15, 'unacknowledged', ['ops1', 'lead']],
    [50, 'status_due', ['dev']],
    [90, 'status_due', ['dev']],
    [120, 'status_due', ['dev']],
  ])
})

test('a gate that was down tells the newest step alone, not each that it has missed', () => {
  expect(dueNow(opened, policy, after(OPENED, 300 * MINUTE)).map(({ step }) => step)).toEqual([3])
})

test('resolved, nobody is asked for a status; a review is asked for after 48 hours, once', () => {
  const resolved: Incident = {
    ...opened,
    state: 'review_due',
    resolvedAt: OPENED,
    acknowledged: { by: 'ops1' as ActorId, at: OPENED },
    roles: { commander: 'ops1' as ActorId },
  }
  expect(walk(resolved, 72 * 60).map(({ minute, why }) => [minute, why])).toEqual([[48 * 60, 'review_due']])
  expect(walk({ ...resolved, state: 'closed' }, 72 * 60)).toEqual([])
})

test('what comes next is shown with its time', () => {
  expect(escalatesAt(opened)).toBe(OPENED)
  const told = [{ why: 'opened', step: 0, people: [], at: OPENED }] as const
  expect(escalatesAt({ ...opened, told })).toBe(after(OPENED, 15 * MINUTE))
  const answered = { ...opened, acknowledged: { by: 'ops1' as ActorId, at: OPENED } }
  expect(escalatesAt(answered)).toBeUndefined()
  expect(statusDueAt(answered)).toBe(after(OPENED, 30 * MINUTE))
})

test('where nobody has a role of a step, whoever has one of the next is told', () => {
  const alone = { ...policy, people: [person('chief', ['owner'])] }
  expect(dueNow(opened, alone, OPENED)[0]?.people).toEqual(['chief'])
})
